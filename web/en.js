// @ts-check
import { plural } from './plural.js';

/** @param {number} n */
const messages = (n) => plural('en', n, {
	one: 'message', other: 'messages',
});

/** All words of the page in English.  ru.js has the same keys. */
export default {
	/* frame */
	title: 'Webhooks',
	menu: 'Sections of the cabinet',
	language: 'Language',
	theme: 'Theme',
	theme_system: 'Same theme as the system',
	theme_light: 'Light theme',
	theme_dark: 'Dark theme',
	services: 'Service',
	tab_calltracking: 'Webhook Calltracking',
	tab_callkeeper: 'Webhook Callkeeper',
	tab_key: 'API key',
	add_webhook: 'Add WebHook',

	/* list */
	list_calltracking: 'Calltracking webhooks',
	list_callkeeper: 'Callkeeper webhooks',
	col_address: 'Address data is sent to',
	col_failed: 'Failed to send',
	col_ok: 'Sent',
	col_event: 'Event',
	col_actions: 'Actions',
	messages,
	event_call_start: 'Call start',
	event_call_end: 'Call end',
	event_call_change: 'Call changed',
	'event_call_start+call_end': 'Call start and end',
	'event_call_end+call_change': 'Call end and change',
	'event_call_start+call_change': 'Call start and change',
	'event_call_start+call_end+call_change': 'Call start, end and change',
	sort_event: 'Sort by event',
	/** @param {string} a */
	details_of: (a) => `Details: ${a}`,
	/** @param {string} a */
	edit_of: (a) => `Edit: ${a}`,
	/** @param {string} a */
	delete_of: (a) => `Delete: ${a}`,
	/** @param {string} a */
	switch_of: (a) => `Sending is on: ${a}`,
	edit: 'Edit',
	remove: 'Delete',
	switch_title: 'Sending on or off',
	off: 'off',
	disabled_gone: 'Switched off: the server answered 410 Gone. Correct the ' +
		'address and switch sending on again.',
	disabled_failing: 'Switched off: 5 days without a single delivery. Look ' +
		'up the cause in the log, remove it and switch sending on again.',
	disabled_other: 'Switched off automatically. Look up the cause in the ' +
		'log and switch sending on again.',
	last_ok: 'The last message was delivered',
	last_failed: 'The last message failed',
	last_none: 'Nothing was sent yet',
	detail_url: 'Request address',
	detail_method: 'HTTP method',
	detail_type: 'Content type',
	detail_params: 'Request parameters',
	detail_created: 'Created',
	detail_updated: 'Changed',
	detail_last: 'Last message',
	empty_full_json: 'None: the body has all data of the call as JSON',
	empty_full_form: 'None: the body has all data of the call as a form',
	empty_no_data: 'None: the request will carry no data',
	unused_for_get: 'Not used for GET',
	never: 'None yet',
	/** @param {number} status */
	http_code: (status) => `response code ${status}`,
	outcome_delivered: 'delivered',
	outcome_retry: 'failed, will be sent again',
	outcome_failed: 'failed',
	outcome_expired: 'not sent: too old',
	outcome_superseded: 'not sent: the call was over already',
	outcome_cancelled: 'cancelled',
	outcome_pending: 'waiting to be sent',
	search: 'Search by address',
	nothing_found: 'No address matches',
	/** @param {number} n */
	more: (n) => `Show ${n} more`,
	loading: 'Loading the list…',
	empty_title: 'Nothing here yet',
	empty_text: 'Press the button below to add an address',
	empty_hint_calltracking: 'For webhooks to arrive, the site needs the ' +
		'widget, the balance needs minutes and the campaign has to be ' +
		'active. Try the address with a test call: the counter in the list ' +
		'changes by itself.',
	empty_hint_callkeeper: 'For webhooks to arrive, the site needs the ' +
		'CallKeeper widget and the balance needs minutes. Try the address ' +
		'with a test call: the counter in the list changes by itself.',
	add_address: 'Address',
	retry: 'Try again',
	no_link: 'No connection to the server.',
	/** @param {string} why @param {string} time */
	stale: (why, time) => `${why} This is how it was at ${time}.`,

	/* states and errors */
	offline: 'No connection to the server. Check your network and try again.',
	timeout: 'The server did not answer in time. Try again.',
	forbidden: 'You have no access to this section.',
	unavailable: 'The service is not available right now. Try again shortly.',
	gone: 'This webhook has already been deleted.',
	/** @param {number} status */
	failed: (status) => `The request failed (code ${status}).`,
	/** @param {string} id */
	request_id: (id) => `Request id: ${id}`,
	unauthorized: 'Log in to the cabinet again or enter an API key.',
	expired: 'Your session has ended. Sign in again in another tab and ' +
		'repeat.',
	signed_in: 'Signed in? Reload',
	unauthorized_hint: 'The key is kept in this browser tab only and is ' +
		'forgotten when you close it.',
	wrong_key: 'This key was refused. Check that it is complete and has the ' +
		'scope webhooks.',
	key_label: 'API key',
	key_submit: 'Continue',

	/* drawer */
	add_title_calltracking: 'Add address',
	add_title_callkeeper: 'Add Webhook',
	edit_title: 'Edit address',
	origin: 'Host, port and protocol',
	path: 'Path',
	params: 'Request parameters',
	method: 'HTTP method',
	event: 'Event type',
	contentType: 'Content type',
	content_type_off: 'Not used for GET',
	enabled: 'Sending is on',
	manual: 'Set up by hand',
	manual_default: 'Now: both events, POST, all data of the call as JSON',
	manual_changed: 'Settings of your own',
	add: 'Add',
	save: 'Save',
	saving: 'Saving…',
	cancel: 'Cancel',
	address_split: 'The address was split into host, path and parameters',
	scheme_assumed: 'No protocol given, https:// was added',
	plain_http: 'Without https the data of calls travel unencrypted',
	query_back: 'The parameters of the address went back to the path: with ' +
		'this method the others are sent in the body',
	created: 'Webhook added',
	saved: 'Changes saved',
	turned_on: 'Sending turned on',
	turned_off: 'Sending turned off',
	discard_title: 'Close without saving?',
	discard_text: 'What you entered will be lost.',
	discard: 'Close',
	keep_editing: 'Keep editing',
	parameters_failed: 'The list of parameters could not be loaded.',

	/* preview */
	preview: 'Preview of the request',
	preview_hint: 'What your server will receive, by a sample call',
	preview_event: 'Event of the sample',
	preview_no_address: 'Enter an address to see the request.',
	preview_php: 'A PHP script that takes it',

	/* signature */
	signature: 'Signature of the requests',
	signed: 'Requests are signed',
	unsigned: 'Requests are not signed',
	signature_about: 'By the signature in the header webhook-signature your ' +
		'server can check that a request comes from us and was not changed ' +
		'on its way (Standard Webhooks). Changes here take effect at once.',
	secret_none: 'There are no secrets.',
	secret_kind: 'Kind of signature',
	secret_hmac: 'HMAC-SHA256, a shared secret',
	secret_ed25519: 'Ed25519, a pair of keys',
	secret_own: 'A secret of your own',
	secret_own_hint: 'If you have one already: whsec_ or whsk_ and base64. ' +
		'Empty makes a new one.',
	secret_overlap: 'The previous secret still works for',
	overlap_24: 'a day',
	overlap_72: '3 days',
	overlap_168: '7 days',
	overlap_0: 'no time at all: it has leaked',
	secret_create: 'Create a secret',
	secret_rotate: 'Change the secret',
	secret_off: 'Do not sign',
	secret_off_title: 'Stop signing the requests?',
	secret_off_text: 'All secrets of this webhook will be deleted. If your ' +
		'server checks signatures, it will begin to refuse the requests.',
	secret_once: 'Store the secret now: it will not be shown again.',
	secret_new: 'New secret',
	secret_public: 'Public key that verifies signatures',
	/** @param {string} time */
	secret_since: (time) => `Created ${time}`,
	secret_current: 'Works until it is changed',
	/** @param {string} time */
	secret_until: (time) => `Works until ${time}`,

	/* mapping */
	name: 'Name',
	value: 'Value',
	kind_of_value: 'What to send',
	kind_value: 'Parameter',
	kind_text: 'Constant',
	kind_template: 'Template',
	text_value: 'Text',
	template_value: 'Text with {parameters}',
	template_hint: 'Write parameters in braces: {client_number}, {city}. ' +
		'A brace itself is {{ or }}.',
	/** @param {string} s */
	has_paths: (s) => `A part can be taken out: ${s}`,
	replace: 'Change',
	chips: 'Parameters in the order they are sent',
	chips_hint: 'Order: drag or Alt + ← →. Press one to change it.',
	/** @param {string} s */
	chip_edit: (s) => `Change ${s}`,
	/** @param {string} s */
	chip_remove: (s) => `Remove ${s}`,
	move_back: 'Earlier',
	move_on: 'Later',
	stop_editing: 'Leave as it is',
	/** @param {string} s @param {number} i @param {number} n */
	chip_moved: (s, i, n) => `${s}: place ${i} of ${n}`,
	/** @param {string} s */
	chip_added: (s) => `Added: ${s}`,
	/** @param {string} s */
	chip_removed: (s) => `Removed: ${s}`,
	empty_at_start: 'Not known when a call starts, will be sent empty',
	placeholder_at_start: 'A preliminary value is sent when a call starts',
	cloud_text: 'You can pick a value from the cloud of placeholders',
	cloud_list: 'Cloud of placeholders',
	cloud_nothing: 'There is no such parameter. To send a text of your own, ' +
		'tick “Constant”.',
	/** @param {string} s */
	example: (s) => `Example: ${s}`,

	/* codes: of the form, and of the API where it sent no sentence */
	error_name_required: 'Enter a name',
	error_name_too_long: 'The name is too long',
	error_duplicate_name: 'The name is already in use',
	error_unknown_parameter: 'Choose a value from the list',
	error_url_required: 'Enter an address, for example https://mysite.ru',
	error_url_scheme: 'The protocol has to be http or https',
	error_url_host: 'This host is not valid',
	error_url_port: 'This port is not allowed; use 80, 443 or a port from 1024 on that no other protocol claims',
	error_url_private: 'An address of an internal network cannot be called',
	error_url_reserved_name: 'This host cannot be reached from outside',
	error_url_http: 'The address has to use https',
	error_url_fragment: 'The part after “#” is never sent, remove it',
	error_url_too_long: 'The address is too long',
	error_required: 'Fill in this field',
	error_too_long: 'The value is too long',
	error_limit: 'No more webhooks can be added',
	error_any: 'This value is not valid',

	/* log of deliveries */
	log: 'Delivery log',
	/** @param {string} a */
	log_of: (a) => `Delivery log: ${a}`,
	/** @param {string} a */
	log_of_failed: (a) => `failed deliveries to ${a}`,
	/** @param {string} a */
	log_of_delivered: (a) => `deliveries that reached ${a}`,
	log_filter: 'Outcome',
	log_all: 'Any',
	log_status: 'Answer of the server',
	status_class_2xx: '2xx: accepted',
	status_class_3xx: '3xx: redirect',
	status_class_4xx: '4xx: refused',
	status_class_5xx: '5xx: server error',
	status_class_none: 'no answer',
	log_from: 'From',
	log_to: 'To',
	log_live: 'Keep fresh',
	log_reset: 'Reset',
	log_more_filters: 'More filters',
	/** @param {number} n */
	log_filters_set: (n) => `${n} set`,
	csv: 'Download CSV',
	csv_stop: 'Stop',
	/** @param {number} n */
	csv_read: (n) => `Read: ${n}`,
	/** @param {number} n */
	csv_done: (n) => `Done, lines: ${n}`,
	/** @param {number} n */
	csv_cut: (n) => `The file has the newest lines: ${n}. Narrow the filter to get the others.`,
	log_at: 'Time',
	log_call: 'Call',
	log_event: 'Event',
	log_outcome: 'Outcome',
	log_code: 'Code',
	log_attempts: 'Attempts',
	/** @param {string} time */
	log_next: (time) => `Again at ${time}`,
	log_more: 'Show more',
	log_gone: 'data deleted',
	log_empty: 'Nothing was sent to this address yet.',
	log_nothing: 'Nothing was sent that fits these filters.',
	log_none_yet: 'None among the latest deliveries. You can look through ' +
		'earlier ones.',
	log_back: 'Back to the log',
	loading_log: 'Loading the log…',
	loading_delivery: 'Loading the delivery…',
	delivery_gone: 'This delivery is no longer in the log.',
	delivery_id: 'Delivery id',
	next_attempt: 'Next attempt',
	no_attempts: 'There were no attempts yet.',
	/** @param {number} n */
	attempt: (n) => `Attempt ${n}`,
	/** @param {string} a */
	attempt_address: (a) => `Connected to ${a}`,
	request: 'Request',
	response: 'Response',
	no_request: 'No request was sent, or its data is deleted already.',
	no_response: 'No response.',
	truncated: 'The body is not shown completely.',
	resend: 'Send again',
	resent: 'The delivery is queued, its result will appear here.',
	/** @param {string} ms */
	timings: (ms) => `Time of the request: ${ms}`,
	/** @param {string} n */
	ms: (n) => `${n} ms`,
	phase_dns: 'name look-up',
	phase_connect: 'connecting',
	phase_tls: 'TLS',
	phase_wait: 'waiting for the response',
	phase_receive: 'receiving',
	phase_unanswered: 'no response',

	/* history */
	history: 'History of changes',
	loading_history: 'Loading the history…',
	/** @param {number} n */
	version: (n) => `Version ${n}`,
	version_now: 'now',
	version_same: 'same as now',
	version_was: 'Before:',
	restore: 'Restore',
	/** @param {number} n */
	restore_version: (n) => `Restore the settings of version ${n}`,
	/** @param {number} n */
	restored: (n) => `The settings of version ${n} are back.`,
	restore_login: 'This version has another server or user, and the stored ' +
		'password is for the present ones only. Type address and password ' +
		'into the form yourself.',
	history_conflict: 'The webhook was changed just now. The history is up ' +
		'to date: look at it and try again.',
	/** @param {string} prefix */
	who_key: (prefix) => `API key ${prefix}`,
	who_sender: 'automatically',
	action_created: 'created',
	action_changed: 'changed',
	action_deleted: 'deleted',
	action_disabled: 'switched off',
	action_secret: 'new signature secret',
	action_secret_deleted: 'signature switched off',

	/* several things to do with a webhook */
	viewer: 'View only',
	test: 'Send a test',
	test_short: 'Test',
	test_unsaved: 'Send a test with the settings of the form, unsaved',
	/** @param {string} a */
	test_of: (a) => `Send a test: ${a}`,
	test_about: 'One request goes to your server just as a real one would, ' +
		'marked as a test in a header. Counters and log do not change.',
	test_call: 'Number of a call',
	test_invented: 'empty: an invented call',
	test_send: 'Send',
	test_waiting: 'Sending, waiting for the answer…',
	test_one: 'Another test has not ended yet. Wait and try again.',
	pause: 'Pause',
	resume: 'Resume',
	paused: 'paused',
	paused_now: 'Paused: events are kept and sent when you resume.',
	resumed: 'Resumed, what has waited is being sent.',
	paused_since: 'Paused since',
	pending: 'Waiting',
	copy_webhook: 'Duplicate',
	copied_webhook: 'A copy is at the end of the list, switched off.',
	export: 'Download settings',
	exported: 'The settings of all webhooks are downloaded.',
	/** @param {number} n @param {number} limit */
	used: (n, limit) => `Webhooks: ${n} of ${limit}`,
	/** @param {number} days @param {number} ok @param {number} failed */
	spark: (days, ok, failed) => `In ${days} days: ${ok} sent, ${failed} ` +
		'failed. Open the statistics',

	/* import */
	import: 'Upload settings',
	import_about: 'What would change is shown first.',
	import_file: 'File with settings',
	import_mode: 'What to do',
	import_add: 'Add to what there is',
	import_replace: 'Make it as in the file, delete the rest',
	import_not_ours: 'This is no file of webhook settings.',
	import_checking: 'Checking the file…',
	import_plan: 'After the upload:',
	/** @param {number} n */
	import_created: (n) => `added: ${n}`,
	/** @param {number} n */
	import_changed: (n) => `changed: ${n}`,
	/** @param {number} n */
	import_deleted: (n) => `deleted: ${n}`,
	/** @param {number} n */
	import_unchanged: (n) => `left as they are: ${n}`,
	import_faults: 'The file does not fit, nothing was changed:',
	import_go: 'Upload',
	imported: 'The settings are uploaded.',

	/* figures */
	stats: 'Statistics',
	stats_range: 'Time',
	range_day: 'A day, by the hour',
	range_week: '7 days, by the hour',
	range_month: '30 days',
	range_year: 'A year',
	loading_stats: 'Loading the statistics…',
	stats_none: 'Nothing was sent in this time.',
	stats_delivered: 'Sent',
	stats_failed: 'Failed',
	stats_share: 'Share sent',
	stats_attempts: 'Attempts',
	stats_p50: 'Answer, median',
	stats_p95: 'Answer, 95%',
	stats_counts: 'Messages',
	stats_counts_label: 'Columns: messages sent and failed. The same ' +
		'numbers are in the table below.',
	stats_latency: 'Time of answers, ms',
	stats_latency_label: 'Lines: median and 95% of the time of answers. The ' +
		'same numbers are in the table below.',
	stats_table: 'The same as a table',

	/* sending again */
	recover: 'Resend all failed',
	recover_title: 'Resend what failed?',
	recover_about: 'Everything of this time that was never delivered is ' +
		'sent once more, without being in the way of new events.',
	recover_since: 'Time',
	span_1: 'the last hour',
	span_24: 'the last 24 hours',
	span_72: 'the last 3 days',
	span_168: 'the last 7 days',
	span_720: 'the last 30 days',
	recover_go: 'Resend',
	/** @param {number} n @param {number} of */
	recovery_running: (n, of) => `Put back into the queue: ${n} of ${of}`,
	/** @param {number} n */
	recovery_done: (n) => `Done: put back into the queue: ${messages(n)}.`,
	/** @param {number} n */
	recovery_cancelled: (n) => `Stopped: put back: ${messages(n)}.`,
	recovery_nothing: 'Nothing failed in this time.',
	/** @param {number} n */
	recovery_delivered: (n) => `Delivered of them by now: ${n}.`,
	recovery_stop: 'Stop',

	/* conditions */
	filters: 'Conditions',
	filters_none: 'All calls are sent',
	filters_about: 'An event is sent when all conditions hold.',
	filters_at_start: 'When a call starts, its status, duration, kind, tags ' +
		'and attempt are not known yet and not looked at.',
	filter_status: 'Status',
	status_all: 'all',
	status_successful: 'successful',
	status_failed: 'unsuccessful',
	filter_min_duration: 'Duration, from N seconds',
	/** @param {number} n */
	from_seconds: (n) => `from ${n} s`,
	filter_kind: 'Unique and target calls',
	call_kind_all: 'any',
	call_kind_unique: 'unique',
	call_kind_target: 'target',
	call_kind_unique_target: 'unique target',
	filter_campaigns: 'Campaigns',
	filter_widgets: 'Widgets',
	filter_offices: 'Offices',
	filter_tags: 'Tags, at least one of',
	one_a_line: 'One a line; empty means any',
	filter_last_attempt_only: 'the last attempt only',

	/* more settings */
	advanced: 'More settings',
	advanced_none: 'Headers, authentication, time-out, retries',
	headers: 'Headers of your own',
	/** @param {number} n */
	headers_n: (n) => plural('en', n, { one: 'header', other: 'headers' }),
	header_add: 'Add a header',
	/** @param {number} n */
	header_name: (n) => `Name of header ${n}`,
	/** @param {number} n */
	header_value: (n) => `Value of header ${n}`,
	/** @param {number} n */
	header_remove: (n) => `Remove header ${n}`,
	auth: 'Authentication',
	auth_: 'none',
	auth_basic: 'Basic: name and password',
	auth_bearer: 'Bearer: token',
	auth_user: 'User name',
	auth_password: 'Password',
	auth_token: 'Token',
	auth_stored: 'Stored and not shown. Leave empty to keep it.',
	auth_typed: 'secret typed anew',
	auth_again: 'Type it again: the stored one is for the previous server ' +
		'and user only.',
	timeout_field: 'Wait for the answer, seconds',
	timeout_hint: 'From 1 to 60; empty means as usual on this server.',
	/** @param {string} n */
	timeout_is: (n) => `wait ${n} s`,
	retry_field: 'Retries after',
	retry_example: '10 s, 1 min, 5 min, 30 min, 2 h',
	retry_hint: 'The wait before each next attempt; empty means as usual on ' +
		'this server.',
	/** @param {number} n @param {string} time */
	retry_sum: (n, time) => `${plural('en', n, { one: 'attempt',
		other: 'attempts' })} in about ${time}`,
	retry_own: 'own retries',
	error_timeout_range: 'Give 1 to 60 seconds',
	error_retry_syntax: 'Write times with commas: 10 s, 5 min, 2 h. At most ' +
		'20, each up to 7 days',
	error_template_braces: 'The braces { } do not match. A brace itself is ' +
		'{{ or }}',
	error_template_parameter: 'Only a parameter of the list may stand ' +
		'in { }',
	error_reserved: 'We set this header ourselves',
	error_conflict: 'A name cannot stand beside a nested one: a and a[b]',
	/** @param {string} a */
	from_address: (a) => `from ${a}`,
	action_restored: 'restored',
	action_paused: 'paused',
	action_resumed: 'resumed',

	/* delete */
	delete_title: 'Delete the webhook?',
	delete_text: 'No more data will be sent to this address, pending retries ' +
		'are cancelled.',
	deleted: 'Webhook deleted',
	undo: 'Undo',
	delete_conflict: 'The webhook was changed while you were deleting it. ' +
		'Look at it and delete it again.',
	/** @param {string} why */
	delete_failed: (why) => `The webhook was not deleted. ${why}`,
	/** @param {string} why */
	toggle_failed: (why) => `It could not be switched. ${why}`,
	close: 'Close',

	/* conflict */
	conflict_title: 'The webhook was changed meanwhile',
	conflict_text: 'While you were editing, someone saved another version. ' +
		'Choose which one stays.',
	conflict_field: 'Field',
	conflict_mine: 'Your version',
	conflict_theirs: 'Saved version',
	conflict_differs: 'differs',
	conflict_keep_mine: 'Save mine',
	conflict_take_theirs: 'Take the saved one',
	conflict_back: 'Back to the form',
	nothing: 'empty',
	yes: 'yes',
	no: 'no',

	/* key tab */
	key_title: 'A key for the API',
	key_intro: 'This page works through an open API: whatever can be done ' +
		'here, your program can do as well. It needs a key for that.',
	key_new: 'New key',
	key_name: 'Name',
	key_name_example: 'for example, CRM',
	key_name_required: 'Name the key, to recognise it later',
	key_scopes_field: 'What it may do',
	key_scopes_required: 'Choose at least one right',
	scope_webhooks: 'read and change webhooks',
	scope_events: 'post events of calls',
	scope_short_webhooks: 'webhooks',
	scope_short_events: 'events',
	key_life: 'Valid',
	life_: 'without end',
	life_30: '30 days',
	life_90: '90 days',
	life_365: 'a year',
	key_create: 'Create key',
	key_once_new: 'Save the key now: it will not be shown again.',
	keys_none: 'There are no keys yet.',
	keys_owner: 'Only the owner of the account sees and makes keys.',
	loading_keys: 'Loading the keys…',
	key_unnamed: 'unnamed',
	key_rename: 'Rename',
	key_revoke: 'Revoke',
	key_revoke_title: 'Revoke the key?',
	key_revoke_text: 'Programs that use it lose their access at once. A ' +
		'revoked key cannot be brought back.',
	key_revoked: 'revoked',
	key_expired: 'expired',
	/** @param {string} time */
	key_created: (time) => `created ${time}`,
	/** @param {string} time */
	key_until: (time) => `valid until ${time}`,
	/** @param {string} time */
	key_used: (time) => `Last used: ${time}`,
	key_unused: 'Not used yet',
	key_sample: 'A sample request',
	key_sample_text: 'The list of Calltracking webhooks. Put your key in place ' +
		'of KEY:',
	key_placeholder: 'KEY',
	key_in_use: 'This page now works with the key entered in this tab.',
	key_forget: 'Forget the key',
	copy: 'Copy',
	copied: 'Copied',
	copy_failed: 'The browser refused to copy, select the text yourself.',
};
