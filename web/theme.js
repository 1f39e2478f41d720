/**
 * The theme of the page before anything is painted: a classic script in the
 * head, because modules run when the page has been seen already.  Says
 * data-theme on <html> (none: as the system), as the frame's buttons were set
 * (frame.js).  Without the frame the address says it: ?frame=off&theme=dark.
 */
(() => {
	const { dataset } = document.documentElement;
	const asked = new URLSearchParams(location.search);
	let theme = asked.get('theme');
	if (dataset.frame !== 'off' && asked.get('frame') !== 'off') {
		try {
			theme = localStorage.getItem('callhook.theme');
		} catch {
			theme = null;	/* storage is switched off */
		}
	}
	if (theme === 'light' || theme === 'dark')
		dataset.theme = theme;
})();
