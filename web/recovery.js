// @ts-check
/**
 * «Повторить все неудачные»: asks since when, starts it, and shows how far
 * it is; the work is done by the sender, so leaving the page does not stop
 * it.
 */
import { ask } from './dialog.js';
import { h, setText } from './dom.js';
import { selectOf } from './fields.js';
import { faultText } from './fault-text.js';
import { formatTime, t } from './i18n.js';
import { Poller } from './poll.js';

/** Hours back; the last is more than anything is kept for. */
const SPANS = ['1', '24', '72', '168', '720'];
const INTERVAL = 1000;

/**
 * How far it is, in words.
 * @param {any} recovery
 */
export function recoveryText(recovery) {
	const { state, found, resent } = recovery;
	if (state === 'running')
		return t('recovery_running', resent, found);
	const text = t(state === 'cancelled' ? 'recovery_cancelled' :
		found === 0 ? 'recovery_nothing' : 'recovery_done', resent);
	return typeof recovery.delivered === 'number' && resent > 0 ?
		`${text} ${t('recovery_delivered', recovery.delivered)}` : text;
}

export class Recovery {
	/**
	 * @param {Element} host
	 * @param {{ start: (order: object) => Promise<any>,
	 *     get: (id: string) => Promise<any>,
	 *     cancel: (id: string) => Promise<any>,
	 *     list: () => Promise<any[]> }} calls
	 */
	constructor(host, calls) {
		this.host = host;
		this.calls = calls;
		/** @type {any} */
		this.recovery = null;
		this.busy = false;
		this.button = h('button', {
			type: 'button', class: 'ch-button ch-outline ch-small',
			on: { click: () => this.begin() },
		}, t('recover'));
		this.bar = h('progress', { class: 'ch-progress',
			'aria-label': t('recover') });
		this.text = h('p', { role: 'status' });
		this.stopButton = h('button', {
			type: 'button', class: 'ch-link', on: { click: () => this.stop() },
		}, t('recovery_stop'));
		this.error = h('p', { class: 'ch-error', role: 'alert' });
		this.box = h('div', { class: 'ch-recovery', hidden: true }, this.text,
			this.bar, this.stopButton);
		this.poller = new Poller(() => this.refresh(),
			{ interval: INTERVAL, longest: 15000 });
	}

	/** One that is under way already is shown from the start. */
	async open() {
		try {
			const [newest] = await this.calls.list();
			if (newest?.state === 'running')
				this.show(newest);
		} catch {
			/* nothing to show then; starting one says why */
		}
	}

	close() {
		this.poller.stop();
	}

	async begin() {
		if (this.busy || this.recovery?.state === 'running')
			return;
		const span = selectOf(t('recover_since'), SPANS,
			(hours) => t(`span_${hours}`), () => undefined);
		span.input.value = '24';
		if (await ask(this.host, {
			title: t('recover_title'),
			body: [h('p', {}, t('recover_about')), span.element],
			buttons: [
				{ value: 'go', text: t('recover_go'), look: 'ch-primary' },
				{ value: '', text: t('cancel'), focus: true },
			],
		}) !== 'go')
			return;
		const since = Date.now() - Number(span.input.value) * 3600000;
		await this.act(() => this.calls.start(
			{ since: new Date(since).toISOString() }));
	}

	stop() {
		return this.act(() => this.calls.cancel(this.recovery.id));
	}

	/** @param {() => Promise<any>} task */
	async act(task) {
		if (this.busy)
			return;
		this.busy = true;
		setText(this.error, '');
		try {
			this.show(await task());
		} catch (e) {
			setText(this.error, faultText(e));
		} finally {
			this.busy = false;
		}
	}

	async refresh() {
		this.show(await this.calls.get(this.recovery.id));
	}

	/** @param {any} recovery */
	show(recovery) {
		this.recovery = recovery;
		const running = recovery.state === 'running';
		this.box.hidden = false;
		setText(this.text, recoveryText(recovery));
		this.text.title = `${formatTime(recovery.since)} –`;
		if (recovery.found > 0) {
			this.bar.max = recovery.found;
			this.bar.value = recovery.resent;
		} else {
			this.bar.removeAttribute('value');
		}
		this.bar.hidden = !running;
		if (document.activeElement === this.stopButton && !running)
			this.button.focus();
		this.stopButton.hidden = !running;
		this.button.setAttribute('aria-disabled', String(running));
		if (running)
			this.poller.start();
		else
			this.poller.stop();
	}

	/** The parts, for where they are to stand. */
	get parts() {
		return { button: this.button, box: h('div',
			{ class: 'ch-recovery-place' }, this.box, this.error) };
	}
}
