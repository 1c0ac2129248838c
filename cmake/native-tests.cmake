# One program per test file, mirroring native/core; run by ctest.
enable_testing()
add_custom_target(native_tests)

# NAME, or NAME_poll, which runs the same program on the poll(2) back end.
function(add_native_test name program poller)
  add_test(NAME ${name} COMMAND ${program})
  # A lost wake-up shows as a wait without end.
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 ENVIRONMENT COTCP_TEST_POLLER=${poller})
endfunction()

# Most of the time goes into headers of the standard library and into code that runs once: the headers are compiled once, and the
# tests themselves are not optimized.
set(PRELUDE_OWNER "")
function(add_native_test_program name layer source)
  add_executable(${name} EXCLUDE_FROM_ALL ${source})
  target_include_directories(${name} PRIVATE native)
  target_link_libraries(${name} PRIVATE house_rules core_${layer})
  if(PRELUDE_OWNER)
    target_precompile_headers(${name} REUSE_FROM ${PRELUDE_OWNER})
  else()
    target_precompile_headers(${name} PRIVATE native/test/test_loop.h)
    set(PRELUDE_OWNER ${name} PARENT_SCOPE)
  endif()
  add_dependencies(native_tests ${name})
endfunction()

# What is about one back end, or has no loop, runs once.
set(RUN_ONCE epoll_poller_test poll_poller_test completion_ring_test receive_area_test slot_table_test loop_registry_test)

foreach(layer loop base tcp)
  file(GLOB sources CONFIGURE_DEPENDS native/test/${layer}/*_test.cc)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_native_test_program(${name} ${layer} ${source})
    add_native_test(${name} ${name} epoll)
    if(NOT layer STREQUAL base AND NOT name IN_LIST RUN_ONCE)
      add_native_test(${name}_poll ${name} poll)
    endif()
  endforeach()
endforeach()
