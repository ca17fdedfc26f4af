// Proposes the time zone of the browser, unless somebody wrote one.
const zone = document.getElementById("zone")
const here = Intl.DateTimeFormat().resolvedOptions().timeZone
if (zone && here && zone.value === document.getElementsByName("zone.was")[0]?.value && document.querySelector("[data-first]")) zone.value = here
