# Benchmark programs: the load generator and the bare epoll echo server. Built by `npm run bench`, not by default.
# One program per source directly in bench/native; the parts of program NAME lie in bench/native/NAME, and what
# the bare servers (epoll_*) have in common in bench/native/bare.
add_custom_target(bench_programs)
file(GLOB BENCH_PROGRAMS CONFIGURE_DEPENDS bench/native/*.cc bench/native/*.c)
foreach(source ${BENCH_PROGRAMS})
  get_filename_component(name ${source} NAME_WE)
  file(GLOB parts CONFIGURE_DEPENDS bench/native/${name}/*.cc)
  if(name MATCHES "^epoll_")
    file(GLOB common CONFIGURE_DEPENDS bench/native/bare/*.cc)
    list(APPEND parts ${common})
  endif()
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${source} ${parts})
  target_include_directories(bench_${name} PRIVATE bench/native)
  target_compile_options(bench_${name} PRIVATE -O2)
  target_link_libraries(bench_${name} PRIVATE house_rules)
  add_dependencies(bench_programs bench_${name})
endforeach()
