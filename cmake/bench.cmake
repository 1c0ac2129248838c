# Benchmark programs: the load generator and the bare epoll echo server. Built by `npm run bench`, not by default.
add_custom_target(bench_programs)
file(GLOB BENCH_PROGRAMS CONFIGURE_DEPENDS bench/native/*.cc bench/native/*.c)
foreach(source ${BENCH_PROGRAMS})
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${source})
  target_compile_options(bench_${name} PRIVATE -O2 -Wall -Wextra)
  add_dependencies(bench_programs bench_${name})
endforeach()
