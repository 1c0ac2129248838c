# The addon: Node-API on one side, the core on the other. Built by cmake-js, which passes CMAKE_JS_*.
if(NOT CMAKE_JS_VERSION)
  return()
endif()

# libuv is the one thing that Node-API headers leave out. Node ships its header beside itself.
execute_process(
  COMMAND node -p "require('path').resolve(process.execPath, '../../include/node')"
  OUTPUT_VARIABLE NODE_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
find_path(UV_INCLUDE uv.h HINTS "${NODE_INCLUDE}" NO_DEFAULT_PATH)
if(NOT UV_INCLUDE)
  find_path(UV_INCLUDE uv.h)
endif()
if(NOT UV_INCLUDE)
  message(FATAL_ERROR
    "uv.h was found neither beside the running node (${NODE_INCLUDE}) nor in the system. Install it with:\n"
    "    apt-get install --yes libuv1-dev\n")
endif()

execute_process(
  COMMAND node -p "require('node-addon-api').include_dir"
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  OUTPUT_VARIABLE NODE_ADDON_API_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)
get_filename_component(NODE_ADDON_API_INCLUDE "${NODE_ADDON_API_INCLUDE}" ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})

# uv.h sits in a folder full of V8 headers; only uv.h and uv/ are made visible.
set(UV_ONLY ${CMAKE_CURRENT_BINARY_DIR}/uv-include)
file(MAKE_DIRECTORY ${UV_ONLY})
file(CREATE_LINK ${UV_INCLUDE}/uv.h ${UV_ONLY}/uv.h SYMBOLIC)
file(CREATE_LINK ${UV_INCLUDE}/uv ${UV_ONLY}/uv SYMBOLIC)

file(GLOB ADDON_SOURCES CONFIGURE_DEPENDS native/binding/*.cc)
add_library(addon SHARED ${ADDON_SOURCES})
# Each file of the binding has its own table kCalls, so they cannot be one source.
set_target_properties(addon PROPERTIES PREFIX "" OUTPUT_NAME cotcp SUFFIX .node UNITY_BUILD OFF)
target_include_directories(addon PRIVATE native)
target_include_directories(addon SYSTEM PRIVATE ${CMAKE_JS_INC} ${NODE_ADDON_API_INCLUDE} ${UV_ONLY})
target_compile_definitions(addon PRIVATE NAPI_VERSION=8 NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS)
target_link_libraries(addon PRIVATE house_rules core ${CMAKE_JS_LIB})
if(SANITIZE)
  target_compile_options(addon PRIVATE -O1)
endif()
# nodelete: Node unloads an addon with the last worker that used it, while its callbacks may still be on the stack.
target_link_options(addon PRIVATE -Wl,-z,nodelete -Wl,--exclude-libs,ALL)
if(NOT SANITIZE)
  target_link_options(addon PRIVATE -static-libstdc++ -static-libgcc)
endif()
