# One program per layer with its test files, mirroring native/core; ctest runs each file in a process of its own.
enable_testing()
add_custom_target(native_tests)
set(NATIVE_TESTS "." CACHE STRING "Only test files whose names match this are built")

# NAME, or NAME_poll, which runs the same file on the poll(2) back end.
function(add_native_test test program file poller)
  add_test(NAME ${test} COMMAND ${program} ${file})
  # A lost wake-up shows as a wait without end.
  set_tests_properties(${test} PROPERTIES TIMEOUT 120 ENVIRONMENT COTCP_TEST_POLLER=${poller})
endfunction()

# What is about one back end, or has no loop, runs once.
set(RUN_ONCE epoll_poller_test poll_poller_test completion_ring_test receive_area_test slot_table_test loop_registry_test)

foreach(layer loop base tcp)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/native/test/${layer})
  file(GLOB sources RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/*_test.cc)
  list(FILTER sources INCLUDE REGEX "${NATIVE_TESTS}")
  if(NOT sources)
    continue()
  endif()
  list(TRANSFORM sources PREPEND ${folder}/)
  set(program ${layer}_tests)
  # Most of the time goes into headers of the standard library and into code that runs once: the files are compiled as one source,
  # and not optimized.
  add_executable(${program} EXCLUDE_FROM_ALL ${sources})
  set_target_properties(${program} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  target_include_directories(${program} PRIVATE native)
  target_link_libraries(${program} PRIVATE house_rules core_${layer})
  add_dependencies(native_tests ${program})
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_native_test(${name} ${program} ${name} epoll)
    if(NOT layer STREQUAL base AND NOT name IN_LIST RUN_ONCE)
      add_native_test(${name}_poll ${program} ${name} poll)
    endif()
  endforeach()
endforeach()
