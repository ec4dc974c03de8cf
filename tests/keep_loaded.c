/* Sanitized programs only: libraries stay loaded, so that a leak report can name the plug-in of Open MPI that leaked
 * (and tests/lsan.supp can leave it out). */
int dlclose(void *handle);

int dlclose(void *handle)
{
  (void)handle;
  return 0;
}
