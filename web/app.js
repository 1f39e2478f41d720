// @ts-check
/**
 * The page «Вебхуки» as the custom element
 * <callhook-webhooks api="api/v1">: heading, tabs in the location's hash,
 * language, and the tab that is shown.  Light DOM, so that the cabinet's own
 * styles and labels reach it; it wants style.css, table.css, drawer.css, log.css,
 * tools.css and dialog.css on the page (frame.css is index.html's own).  Attributes:
 *   api       the API's address, relative to the document (default api/v1)
 *   lang      ru or en; without it the user's choice, then Russian
 *   no-hash   the tab is not kept in the address
 *   interval  seconds between refreshes (default 5)
 */
import { Api, storedKey } from './api.js';
import { fill, h } from './dom.js';
import { startFrame } from './frame.js';
import { icon } from './icons.js';
import {
	language, setLanguage, storeLanguage, storedLanguage, t,
} from './i18n.js';
import { KeyList } from './key-list.js';
import { keyTab } from './key-tab.js';
import { Toast } from './toast.js';
import { WebhookPage } from './webhook-page.js';

const TABS = ['calltracking', 'callkeeper', 'key'];

export class CallhookWebhooks extends HTMLElement {
	constructor() {
		super();
		this.tab = TABS[0];
		/** @type {WebhookPage | null} */
		this.page = null;
		/** @type {any} what the API says of who is asking */
		this.account = null;
		this.onHash = () => {
			const tab = this.tabOfHash();
			if (tab === this.tab || !this.page?.closeForm())
				this.showTab(tab);
			else
				history.replaceState(null, '', `#${this.tab}`);
		};
		this.onHide = () => {
			this.page?.sendDelete(true);
			this.toast?.finish();	/* who comes back cannot undo it */
		};
		this.onLeave = (/** @type {Event} */ e) => {
			if (this.page?.dirty)
				e.preventDefault();
		};
	}

	connectedCallback() {
		setLanguage(this.getAttribute('lang') ?? storedLanguage());
		this.classList.add('ch');
		this.api = new Api({
			base: new URL(this.getAttribute('api') ?? 'api/v1',
				document.baseURI),
			language, key: storedKey.get(),
		});
		this.toast = new Toast();
		window.addEventListener('hashchange', this.onHash);
		window.addEventListener('pagehide', this.onHide);
		window.addEventListener('beforeunload', this.onLeave);
		this.build();
		this.showTab(this.tabOfHash());
	}

	disconnectedCallback() {
		window.removeEventListener('hashchange', this.onHash);
		window.removeEventListener('pagehide', this.onHide);
		window.removeEventListener('beforeunload', this.onLeave);
		this.page?.stop();
		this.page = null;
	}

	tabOfHash() {
		const name = location.hash.slice(1);
		if (this.hasAttribute('no-hash'))
			return this.tab;
		if (name === '')
			return TABS[0];
		return TABS.includes(name) ? name : this.tab;
	}

	/** The parts that stay; again after a change of language. */
	build() {
		this.links = TABS.map((tab) => h('a', {
			href: `#${tab}`, class: 'ch-tab',
			on: {
				click: (/** @type {Event} */ e) => {
					if (!this.hasAttribute('no-hash'))
						return;
					e.preventDefault();
					this.showTab(tab);
				},
			},
		}, t(`tab_${tab}`)));
		this.addButton = h('button', {
			type: 'button', class: 'ch-button ch-add', hidden: true,
			on: { click: () => this.page?.add() },
		}, icon('hook', 20), t('add_webhook'));
		this.viewerMark = h('p', { class: 'ch-viewer', hidden: true },
			icon('eye', 20), t('viewer'));
		this.panel = h('div', { class: 'ch-panel' });
		fill(this, h('div', { class: 'ch-head' },
			h('h1', {}, t('title')),
			h('nav', { class: 'ch-tabs', 'aria-label': t('services') },
				this.links),
			this.viewerMark, this.addButton),
		this.panel, this.toast?.element);
	}

	/** @param {string} tab */
	showTab(tab) {
		if (tab === this.tab && this.panel?.hasChildNodes())
			return;
		this.tab = tab;
		this.page?.stop();
		this.page = null;
		this.links?.forEach((link, i) => {
			if (TABS[i] === tab)
				link.setAttribute('aria-current', 'page');
			else
				link.removeAttribute('aria-current');
		});
		this.addButton.hidden = true;
		if (tab === 'key')
			this.showKey();
		else
			this.showService(tab);
		this.dispatchEvent(new CustomEvent('callhook-shown',
			{ bubbles: true, detail: { tab } }));
	}

	async showKey() {
		const api = this.api;
		if (!api)
			return;
		this.setAccount(this.account ??
			await api.getAccount().catch(() => null));
		if (this.tab !== 'key')
			return;
		const keys = new KeyList(this, {
			viewer: this.account?.role === 'viewer',
			list: () => api.listKeys(),
			create: (order) => api.createKey(order),
			rename: (prefix, label) => api.renameKey(prefix, label),
			revoke: (prefix) => api.revokeKey(prefix),
		});
		fill(this.panel, keyTab({
			base: api.base, keyInUse: api.key !== '', list: keys.element,
			onForget: () => {
				this.setKey('');
				this.account = null;
				this.showKey();
			},
			say: (text) => this.toast?.show(text),
		}));
		keys.open();
	}

	/** @param {any} account  null: not known */
	setAccount(account) {
		this.account = account;
		this.viewerMark.hidden = account?.role !== 'viewer';
	}

	/** @param {string} service */
	showService(service) {
		const { api, toast } = this;
		if (!api || !toast)
			return;
		const page = new WebhookPage(service, {
			api, toast, host: this,
			interval: Number(this.getAttribute('interval') ?? 5) * 1000,
			account: this.account,
			onAccount: (account) => this.setAccount(account),
			onKey: (key) => {
				this.setKey(key);
				this.account = null;
				this.reload();
			},
			onAuthorized: (ok) => {
				this.addButton.hidden = !ok || page.viewer;
			},
		});
		this.page = page;
		fill(this.panel, page.list.element);
		page.load();
	}

	/** @param {string} key */
	setKey(key) {
		storedKey.set(key);
		if (this.api)
			this.api.key = key;
	}

	reload() {
		fill(this.panel);
		this.showTab(this.tab);
	}

	/**
	 * Another language for everything that is shown.
	 * @param {string} name
	 */
	speak(name) {
		setLanguage(name);
		storeLanguage(name);
		this.page?.stop();
		this.page = null;
		this.build();
		this.reload();
	}
}

customElements.define('callhook-webhooks', CallhookWebhooks);

const shown = document.querySelector('callhook-webhooks');
if (shown)
	startFrame(/** @type {CallhookWebhooks} */ (shown));
