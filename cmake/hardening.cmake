# What every target is compiled with beside its own flags: sanitizers where asked for, else the usual hardening.
set(INITSWEEP_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(INITSWEEP_SANITIZE)
  add_compile_options(-fsanitize=${INITSWEEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${INITSWEEP_SANITIZE})
  if(INITSWEEP_SANITIZE MATCHES address)
    add_library(isw_keep_loaded OBJECT tests/keep_loaded.c)
    link_libraries($<TARGET_OBJECTS:isw_keep_loaded>)
  endif()
else()
  add_compile_options(-fstack-protector-strong)
  # fortified calls need the optimiser
  add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
  add_link_options(-Wl,-z,relro,-z,now)
endif()
