/* Browsers give a page that is opened from disk neither the index nor the worker of the search, and the theme hides it: says how
 * to search in its place. */
if (location.protocol === "file:")
  document.querySelector("[data-md-component=search]").insertAdjacentHTML("afterend",
    "<p class=\"search-from-disk\">To search: scripts/site.sh --serve 8000</p>");
