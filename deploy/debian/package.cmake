# What is installed, and Debian's package of it: cmake --build build/release && cpack --config build/release/CPackConfig.cmake. The package is
# for the release of Debian that it was built on. SOURCE_DATE_EPOCH, when configuring and packing, makes it the same byte by byte.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(made ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${made})

# The binary knows its manual and its completions.
set(manual ${made}/nats-lookout.1.gz ${made}/nats-lookout.bash ${made}/nats-lookout.zsh ${made}/nats-lookout.fish)
add_custom_command(OUTPUT ${manual} DEPENDS nats-lookout WORKING_DIRECTORY ${made} VERBATIM
  COMMAND sh -ec "\"$0\" man >nats-lookout.1; gzip -9nf nats-lookout.1; for s in bash zsh fish; do \"$0\" completion $s >nats-lookout.$s; done"
    $<TARGET_FILE:nats-lookout>)
add_custom_target(manual ALL DEPENDS ${manual})

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
cmake_host_system_information(RESULT distribution QUERY DISTRIB_ID)
cmake_host_system_information(RESULT release QUERY DISTRIB_VERSION_ID)
set(revision 1~${distribution}${release})
configure_file(${here}/changelog.in ${made}/changelog.Debian @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${made}/changelog COPYONLY)
foreach(changelog changelog changelog.Debian)
  add_custom_command(OUTPUT ${made}/${changelog}.gz DEPENDS ${made}/${changelog} WORKING_DIRECTORY ${made} VERBATIM
    COMMAND gzip -9nkf ${changelog})
endforeach()
add_custom_target(changelogs ALL DEPENDS ${made}/changelog.gz ${made}/changelog.Debian.gz)

install(TARGETS nats-lookout DESTINATION bin)
install(FILES ${made}/nats-lookout.1.gz DESTINATION share/man/man1)
install(FILES ${made}/nats-lookout.bash DESTINATION share/bash-completion/completions RENAME nats-lookout)
install(FILES ${made}/nats-lookout.zsh DESTINATION share/zsh/vendor-completions RENAME _nats-lookout)
install(FILES ${made}/nats-lookout.fish DESTINATION share/fish/vendor_completions.d)
install(FILES deploy/systemd/nats-lookout.service DESTINATION lib/systemd/system)
install(FILES deploy/systemd/nats-lookout.sysusers DESTINATION lib/sysusers.d RENAME nats-lookout.conf)
install(FILES ${here}/nats-lookout.yaml DESTINATION /etc/nats-lookout)
install(DIRECTORY deploy/prometheus deploy/grafana deploy/alertmanager deploy/fail2ban DESTINATION share/nats-lookout
  FILES_MATCHING PATTERN "*.rules.yaml" PATTERN "*.example.yaml" PATTERN "*.json" PATTERN "*.conf" PATTERN tests EXCLUDE)
install(FILES config/nats-lookout.example.yaml config/web.example.yml DESTINATION share/doc/nats-lookout/examples)
install(FILES ${here}/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz DESTINATION share/doc/nats-lookout)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nats-lookout)
set(CPACK_PACKAGE_CONTACT "nats-lookout maintainers <maintainers@nats-lookout.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "agent that watches NATS servers for Prometheus, people and logs")
set(CPACK_PACKAGE_DESCRIPTION
  "It watches a deployment of NATS through its system account: metrics for\nPrometheus, a health state, a log of failed logins and other events, and a\nstatus page. It only reads.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${revision})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE https://github.com/nats-lookout/nats-lookout)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nats-server, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${here}/conffiles ${here}/postinst ${here}/prerm ${here}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
