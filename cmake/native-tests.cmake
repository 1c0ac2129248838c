# One program per test file, mirroring native/core; run by ctest.
enable_testing()

# NAME, or NAME_poll, which runs the same program on the poll(2) back end.
function(add_native_test name program poller)
  add_test(NAME ${name} COMMAND ${program})
  # A lost wake-up shows as a wait without end.
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 ENVIRONMENT COTCP_TEST_POLLER=${poller})
endfunction()

add_custom_target(native_tests)
file(GLOB_RECURSE NATIVE_TESTS CONFIGURE_DEPENDS native/test/*_test.cc)
foreach(source ${NATIVE_TESTS})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${source})
  target_include_directories(${name} PRIVATE native)
  target_link_libraries(${name} PRIVATE house_rules core)
  add_dependencies(native_tests ${name})
  add_native_test(${name} ${name} epoll)
  # What is about one back end, or about none, runs once.
  if(NOT source MATCHES "/test/base/" AND NOT name MATCHES "^(epoll|poll)_poller_test$")
    add_native_test(${name}_poll ${name} poll)
  endif()
endforeach()
