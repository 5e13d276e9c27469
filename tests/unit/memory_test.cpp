#include "agent/memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace lookout {
namespace {

using namespace std::chrono_literals;

class CgroupLimit : public testing::Test {
 protected:
  CgroupLimit() { std::filesystem::create_directories(root_); }
  ~CgroupLimit() override { std::filesystem::remove_all(root_); }
  CgroupLimit(const CgroupLimit&) = delete;
  CgroupLimit& operator=(const CgroupLimit&) = delete;

  void file(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  [[nodiscard]] std::uint64_t limit() const { return cgroup_memory_limit(root_); }

 private:
  const std::string root_ =
      testing::TempDir() + "cgroup-" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CgroupLimit, IsNoneWhereNothingIsSaid) {
  EXPECT_EQ(limit(), 0U);
  file("/proc/self/cgroup", "0::/\n");
  EXPECT_EQ(limit(), 0U);
  file("/sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(limit(), 0U);
}

TEST_F(CgroupLimit, OfAContainer) {
  file("/proc/self/cgroup", "0::/\n");
  file("/sys/fs/cgroup/memory.max", "67108864\n");
  EXPECT_EQ(limit(), 67108864U);
}

TEST_F(CgroupLimit, IsTheSmallestOfTheGroupsAround) {
  file("/proc/self/cgroup", "0::/system.slice/nats-lookout.service\n");
  file("/sys/fs/cgroup/system.slice/nats-lookout.service/memory.max", "max\n");
  file("/sys/fs/cgroup/system.slice/memory.max", "50000000\n");
  file("/sys/fs/cgroup/memory.max", "90000000\n");
  EXPECT_EQ(limit(), 50000000U);
}

TEST_F(CgroupLimit, OfVersion1) {
  file("/proc/self/cgroup", "12:cpu,cpuacct:/a\n4:memory:/kubepods/pod1\nbroken\n");
  file("/sys/fs/cgroup/memory/kubepods/pod1/memory.limit_in_bytes", "40000000\n");
  file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), 40000000U);
}

TEST(Memory, ThisProcessHoldsSome) {
  EXPECT_GT(resident_bytes(), 1U << 20U);
  EXPECT_LT(resident_bytes(), 1U << 30U);
}

TEST(MemoryGuard, WithoutALimitNothingIsTooMuch) {
  MemoryGuard guard(0);
  EXPECT_FALSE(guard.exceeded(Mono(1s), [] { return 1ULL << 40U; }));
}

TEST(MemoryGuard, SpeaksAtFourFifthsAndWaitsForTheEffect) {
  MemoryGuard guard(100'000'000);
  std::uint64_t used = 79'000'000;
  const auto exceeded = [&](std::chrono::milliseconds at) { return guard.exceeded(Mono(at), [&] { return used; }); };
  EXPECT_FALSE(exceeded(1s));
  used = 81'000'000;
  EXPECT_FALSE(exceeded(1500ms)) << "it looks once a second";
  EXPECT_TRUE(exceeded(2s));
  EXPECT_FALSE(exceeded(6s));
  EXPECT_TRUE(exceeded(7s));
}

}  // namespace
}  // namespace lookout
