// @ts-check
import { plural } from './plural.js';

/** @param {number} n */
const messages = (n) => plural('ru', n, {
	one: 'сообщение', few: 'сообщения', many: 'сообщений',
	other: 'сообщения',
});

/** All words of the page in Russian.  en.js has the same keys. */
export default {
	/* frame */
	title: 'Вебхуки',
	menu: 'Разделы кабинета',
	language: 'Язык',
	theme: 'Тема',
	theme_system: 'Тема как в системе',
	theme_light: 'Светлая тема',
	theme_dark: 'Тёмная тема',
	services: 'Сервис',
	tab_calltracking: 'Webhook Calltracking',
	tab_callkeeper: 'Webhook Callkeeper',
	tab_key: 'API ключ',
	add_webhook: 'Добавить WebHook',

	/* list */
	list_calltracking: 'Вебхуки Calltracking',
	list_callkeeper: 'Вебхуки Callkeeper',
	col_address: 'Адрес для отправки данных',
	col_failed: 'Неудачно отправленные',
	col_ok: 'Удачно отправленные',
	col_event: 'Событие',
	col_actions: 'Действия',
	messages,
	event_call_start: 'Начало звонка',
	event_call_end: 'Завершение звонка',
	event_call_change: 'Звонок изменён',
	'event_call_start+call_end': 'Начало и завершение звонка',
	'event_call_end+call_change': 'Завершение и изменение звонка',
	'event_call_start+call_change': 'Начало и изменение звонка',
	'event_call_start+call_end+call_change': 'Начало, завершение и ' +
		'изменение звонка',
	sort_event: 'Сортировать по событию',
	/** @param {string} a */
	details_of: (a) => `Подробнее: ${a}`,
	/** @param {string} a */
	edit_of: (a) => `Редактировать: ${a}`,
	/** @param {string} a */
	delete_of: (a) => `Удалить: ${a}`,
	/** @param {string} a */
	switch_of: (a) => `Отправка включена: ${a}`,
	edit: 'Редактировать',
	remove: 'Удалить',
	switch_title: 'Отправка включена или выключена',
	off: 'выключен',
	disabled_gone: 'Отключён: сервер ответил 410 Gone. Исправьте адрес и ' +
		'включите отправку снова.',
	disabled_failing: 'Отключён: 5 дней без единой удачной отправки. ' +
		'Посмотрите причину в журнале, исправьте её и включите отправку ' +
		'снова.',
	disabled_other: 'Отключён автоматически. Посмотрите причину в журнале ' +
		'и включите отправку снова.',
	last_ok: 'Последняя отправка удалась',
	last_failed: 'Последняя отправка не удалась',
	last_none: 'Отправок ещё не было',
	detail_url: 'Адрес запроса',
	detail_method: 'HTTP метод',
	detail_type: 'Content type',
	detail_params: 'Параметры запроса',
	detail_created: 'Создан',
	detail_updated: 'Изменён',
	detail_last: 'Последняя отправка',
	empty_full_json: 'Не заданы: в теле все данные звонка в JSON',
	empty_full_form: 'Не заданы: в теле все данные звонка в виде формы',
	empty_no_data: 'Не заданы: будет отправлен запрос без данных',
	unused_for_get: 'Для GET не используется',
	never: 'Ещё не было',
	/** @param {number} status */
	http_code: (status) => `код ответа ${status}`,
	outcome_delivered: 'удачно',
	outcome_retry: 'не удалась, будет повторена',
	outcome_failed: 'неудачно',
	outcome_expired: 'не отправлена: устарела',
	outcome_superseded: 'не отправлена: звонок уже завершился',
	outcome_cancelled: 'отменена',
	outcome_pending: 'ждёт отправки',
	search: 'Поиск по адресу',
	nothing_found: 'По этому запросу адресов нет',
	/** @param {number} n */
	more: (n) => `Показать ещё ${n}`,
	loading: 'Загружаем список…',
	empty_title: 'Записей не найдено',
	empty_text: 'Для добавления адресов нажмите на кнопку ниже',
	empty_hint_calltracking: 'Чтобы вебхуки приходили, на сайте должен ' +
		'стоять виджет, на балансе должны быть минуты, а кампания должна ' +
		'быть активна. Проверить адрес можно тестовым звонком: счётчик ' +
		'в списке изменится сам.',
	empty_hint_callkeeper: 'Чтобы вебхуки приходили, на сайте должен ' +
		'стоять виджет CallKeeper, а на балансе должны быть минуты. ' +
		'Проверить адрес можно тестовым звонком: счётчик в списке ' +
		'изменится сам.',
	add_address: 'Адрес',
	retry: 'Повторить',
	no_link: 'Нет связи с сервером.',
	/** @param {string} why @param {string} time */
	stale: (why, time) => `${why} Показаны данные на ${time}.`,

	/* states and errors */
	offline: 'Нет связи с сервером. Проверьте подключение и повторите.',
	timeout: 'Сервер не ответил вовремя. Повторите ещё раз.',
	forbidden: 'У вас нет прав на этот раздел.',
	unavailable: 'Сервис временно недоступен. Повторите чуть позже.',
	gone: 'Этот вебхук уже удалён.',
	/** @param {number} status */
	failed: (status) => `Запрос не удался (код ${status}).`,
	/** @param {string} id */
	request_id: (id) => `Номер запроса: ${id}`,
	unauthorized: 'Войдите в кабинет заново или укажите API ключ.',
	expired: 'Вход истёк. Войдите в кабинет заново в другой вкладке и ' +
		'повторите.',
	signed_in: 'Уже вошли? Обновить',
	unauthorized_hint: 'Ключ хранится только в этой вкладке браузера и ' +
		'забывается, когда вы её закроете.',
	wrong_key: 'Ключ не подошёл. Проверьте, что он введён целиком и имеет ' +
		'право webhooks.',
	key_label: 'API ключ',
	key_submit: 'Продолжить',

	/* drawer */
	add_title_calltracking: 'Добавить адрес',
	add_title_callkeeper: 'Добавить Webhook',
	edit_title: 'Редактировать адрес',
	origin: 'Хост, порт и протокол',
	path: 'Путь',
	params: 'Параметры запроса',
	method: 'HTTP метод',
	event: 'Тип события',
	contentType: 'Content type',
	content_type_off: 'Для GET не используется',
	enabled: 'Отправка включена',
	manual: 'Настроить вручную',
	manual_default: 'Сейчас: оба события, POST, все данные звонка в JSON',
	manual_changed: 'Заданы свои настройки',
	add: 'Добавить',
	save: 'Сохранить',
	saving: 'Сохраняем…',
	cancel: 'Отмена',
	address_split: 'Адрес разделён на хост, путь и параметры',
	scheme_assumed: 'Протокол не указан, добавлен https://',
	plain_http: 'Без https данные звонков передаются в открытом виде',
	query_back: 'Параметры из адреса вернулись в путь: с этим методом ' +
		'остальные параметры идут в теле запроса',
	created: 'Вебхук добавлен',
	saved: 'Изменения сохранены',
	turned_on: 'Отправка включена',
	turned_off: 'Отправка выключена',
	discard_title: 'Закрыть без сохранения?',
	discard_text: 'Введённые данные пропадут.',
	discard: 'Закрыть',
	keep_editing: 'Продолжить ввод',
	parameters_failed: 'Не удалось загрузить список параметров.',

	/* preview */
	preview: 'Предпросмотр запроса',
	preview_hint: 'Что получит ваш сервер, на примере звонка',
	preview_event: 'Событие для примера',
	preview_no_address: 'Укажите адрес, чтобы увидеть запрос.',
	preview_php: 'Скрипт на PHP, который его примет',

	/* signature */
	signature: 'Подпись запросов',
	signed: 'Запросы подписываются',
	unsigned: 'Запросы не подписываются',
	signature_about: 'По подписи в заголовке webhook-signature ваш сервер ' +
		'проверит, что запрос отправили мы и в пути его не изменили ' +
		'(Standard Webhooks). Изменения здесь действуют сразу.',
	secret_none: 'Секретов нет.',
	secret_kind: 'Вид подписи',
	secret_hmac: 'HMAC-SHA256, общий секрет',
	secret_ed25519: 'Ed25519, пара ключей',
	secret_own: 'Свой секрет',
	secret_own_hint: 'Если секрет уже есть: whsec_ или whsk_ и base64. ' +
		'Пусто — создадим новый.',
	secret_overlap: 'Прежний секрет действует ещё',
	overlap_24: 'сутки',
	overlap_72: '3 дня',
	overlap_168: '7 дней',
	overlap_0: 'нисколько: он стал известен посторонним',
	secret_create: 'Создать секрет',
	secret_rotate: 'Сменить секрет',
	secret_off: 'Не подписывать',
	secret_off_title: 'Больше не подписывать запросы?',
	secret_off_text: 'Все секреты этого вебхука будут удалены. Если ваш ' +
		'сервер проверяет подпись, он начнёт отклонять запросы.',
	secret_once: 'Сохраните секрет сейчас: больше он не будет показан.',
	secret_new: 'Новый секрет',
	secret_public: 'Открытый ключ для проверки подписи',
	/** @param {string} time */
	secret_since: (time) => `Создан ${time}`,
	secret_current: 'Действует бессрочно',
	/** @param {string} time */
	secret_until: (time) => `Действует до ${time}`,

	/* mapping */
	name: 'Имя',
	value: 'Значение',
	kind_of_value: 'Что отправить',
	kind_value: 'Параметр',
	kind_text: 'Константа',
	kind_template: 'Шаблон',
	text_value: 'Текст',
	template_value: 'Текст с {параметрами}',
	template_hint: 'Параметры пишите в фигурных скобках: ' +
		'{client_number}, {city}. Сама скобка — {{ или }}.',
	/** @param {string} s */
	has_paths: (s) => `Можно взять часть: ${s}`,
	replace: 'Изменить',
	chips: 'Заданные параметры, по порядку отправки',
	chips_hint: 'Порядок: перетащите или Alt + ← →. Нажмите, чтобы изменить.',
	/** @param {string} s */
	chip_edit: (s) => `Изменить ${s}`,
	/** @param {string} s */
	chip_remove: (s) => `Убрать ${s}`,
	move_back: 'Раньше',
	move_on: 'Позже',
	stop_editing: 'Не менять',
	/** @param {string} s @param {number} i @param {number} n */
	chip_moved: (s, i, n) => `${s}: место ${i} из ${n}`,
	/** @param {string} s */
	chip_added: (s) => `Добавлено: ${s}`,
	/** @param {string} s */
	chip_removed: (s) => `Убрано: ${s}`,
	empty_at_start: 'Не известен в начале звонка, будет передано пустое ' +
		'значение',
	placeholder_at_start: 'В начале звонка будет передано предварительное ' +
		'значение',
	cloud_text: 'Вы можете выбрать значение, используя облако ' +
		'метазаполнителей',
	cloud_list: 'Облако метазаполнителей',
	cloud_nothing: 'Такого параметра нет. Чтобы отправить свой текст, ' +
		'выберите «Константа».',
	/** @param {string} s */
	example: (s) => `Пример: ${s}`,

	/* codes: of the form, and of the API where it sent no sentence */
	error_name_required: 'Укажите имя',
	error_name_too_long: 'Имя слишком длинное',
	error_duplicate_name: 'Имя уже используется',
	error_unknown_parameter: 'Выберите значение из списка',
	error_url_required: 'Укажите адрес, например https://mysite.ru',
	error_url_scheme: 'Протокол может быть только http или https',
	error_url_host: 'Недопустимый хост',
	error_url_port: 'Недопустимый порт: используйте 80, 443 или порт от 1024, не занятый другим протоколом',
	error_url_private: 'Адрес внутренней сети недоступен',
	error_url_reserved_name: 'Этот хост недоступен снаружи',
	error_url_http: 'Нужен адрес с протоколом https',
	error_url_fragment: 'Часть после «#» в адресе не отправляется, уберите её',
	error_url_too_long: 'Адрес слишком длинный',
	error_required: 'Заполните поле',
	error_too_long: 'Слишком длинное значение',
	error_limit: 'Достигнуто наибольшее число вебхуков',
	error_any: 'Недопустимое значение',

	/* log of deliveries */
	log: 'Журнал отправок',
	/** @param {string} a */
	log_of: (a) => `Журнал отправок: ${a}`,
	/** @param {string} a */
	log_of_failed: (a) => `неудачные отправки на ${a}`,
	/** @param {string} a */
	log_of_delivered: (a) => `удачные отправки на ${a}`,
	log_filter: 'Итог отправки',
	log_all: 'Любой',
	log_status: 'Ответ сервера',
	status_class_2xx: '2xx: принято',
	status_class_3xx: '3xx: перенаправление',
	status_class_4xx: '4xx: отказ',
	status_class_5xx: '5xx: ошибка сервера',
	status_class_none: 'ответа не было',
	log_from: 'С',
	log_to: 'По',
	log_live: 'Обновлять',
	log_reset: 'Сбросить',
	log_more_filters: 'Ещё фильтры',
	/** @param {number} n */
	log_filters_set: (n) => plural('ru', n, { one: 'задан', few: 'задано',
		many: 'задано', other: 'задано' }),
	csv: 'Скачать CSV',
	csv_stop: 'Остановить',
	/** @param {number} n */
	csv_read: (n) => `Прочитано: ${n}`,
	/** @param {number} n */
	csv_done: (n) => `Готово, строк: ${n}`,
	/** @param {number} n */
	csv_cut: (n) => `В файле последние строки: ${n}. Сузьте фильтр, чтобы получить остальные.`,
	log_at: 'Время',
	log_call: 'Звонок',
	log_event: 'Событие',
	log_outcome: 'Итог',
	log_code: 'Код',
	log_attempts: 'Попытки',
	/** @param {string} time */
	log_next: (time) => `Повтор ${time}`,
	log_more: 'Показать ещё',
	log_gone: 'данные удалены',
	log_empty: 'На этот адрес ещё ничего не отправляли.',
	log_nothing: 'Отправок с такими условиями нет.',
	log_none_yet: 'Среди последних отправок таких нет. Можно поискать ' +
		'среди более ранних.',
	log_back: 'К журналу',
	loading_log: 'Загружаем журнал…',
	loading_delivery: 'Загружаем отправку…',
	delivery_gone: 'Этой отправки больше нет в журнале.',
	delivery_id: 'Номер отправки',
	next_attempt: 'Следующая попытка',
	no_attempts: 'Попыток ещё не было.',
	/** @param {number} n */
	attempt: (n) => `Попытка ${n}`,
	/** @param {string} a */
	attempt_address: (a) => `Соединение с ${a}`,
	request: 'Запрос',
	response: 'Ответ',
	no_request: 'Запрос не отправлялся или его данные уже удалены.',
	no_response: 'Ответа нет.',
	truncated: 'Тело показано не целиком.',
	resend: 'Повторить отправку',
	resent: 'Отправка поставлена в очередь, результат появится здесь.',
	/** @param {string} ms */
	timings: (ms) => `Время запроса: ${ms}`,
	/** @param {string} n */
	ms: (n) => `${n} мс`,
	phase_dns: 'поиск адреса',
	phase_connect: 'соединение',
	phase_tls: 'защита TLS',
	phase_wait: 'ожидание ответа',
	phase_receive: 'получение ответа',
	phase_unanswered: 'без ответа',

	/* history */
	history: 'История изменений',
	loading_history: 'Загружаем историю…',
	/** @param {number} n */
	version: (n) => `Версия ${n}`,
	version_now: 'сейчас',
	version_same: 'как сейчас',
	version_was: 'Было:',
	restore: 'Вернуть',
	/** @param {number} n */
	restore_version: (n) => `Вернуть настройки версии ${n}`,
	/** @param {number} n */
	restored: (n) => `Настройки версии ${n} возвращены.`,
	restore_login: 'В этой версии другой сервер или логин, а сохранённый ' +
		'пароль действует только для нынешних. Введите в форме адрес и ' +
		'пароль сами.',
	history_conflict: 'Вебхук только что изменили. История обновлена: ' +
		'проверьте её и повторите.',
	/** @param {string} prefix */
	who_key: (prefix) => `API ключ ${prefix}`,
	who_sender: 'автоматически',
	action_created: 'создан',
	action_changed: 'изменён',
	action_deleted: 'удалён',
	action_disabled: 'отключён',
	action_secret: 'новый секрет подписи',
	action_secret_deleted: 'подпись выключена',

	/* several things to do with a webhook */
	viewer: 'Только просмотр',
	test: 'Отправить тест',
	test_short: 'Тест',
	test_unsaved: 'Отправить тест с настройками из формы, не сохраняя их',
	/** @param {string} a */
	test_of: (a) => `Отправить тест: ${a}`,
	test_about: 'Один запрос уйдёт на ваш сервер так же, как настоящий, с ' +
		'пометкой теста в заголовке. Счётчики и журнал он не меняет.',
	test_call: 'Номер звонка',
	test_invented: 'пусто: вымышленный звонок',
	test_send: 'Отправить',
	test_waiting: 'Отправляем и ждём ответа…',
	test_one: 'Другой тест ещё не закончен. Подождите и повторите.',
	pause: 'Поставить на паузу',
	resume: 'Снять с паузы',
	paused: 'на паузе',
	paused_now: 'Пауза: события копятся и уйдут, когда вы её снимете.',
	resumed: 'Пауза снята, накопленное отправляется.',
	paused_since: 'На паузе с',
	pending: 'Ждут отправки',
	copy_webhook: 'Копировать',
	copied_webhook: 'Копия добавлена в конец списка, она выключена.',
	export: 'Скачать настройки',
	exported: 'Настройки всех вебхуков скачаны.',
	/** @param {number} n @param {number} limit */
	used: (n, limit) => `Вебхуков: ${n} из ${limit}`,
	/** @param {number} days @param {number} ok @param {number} failed */
	spark: (days, ok, failed) => `За ${plural('ru', days, { one: 'день',
		few: 'дня', many: 'дней', other: 'дня' })}: удачно ${ok}, ` +
		`неудачно ${failed}. Открыть статистику`,

	/* import */
	import: 'Загрузить настройки',
	import_about: 'Сначала покажем, что изменится.',
	import_file: 'Файл с настройками',
	import_mode: 'Что сделать',
	import_add: 'Добавить к тем, что есть',
	import_replace: 'Сделать как в файле, лишние удалить',
	import_not_ours: 'Это не файл настроек вебхуков.',
	import_checking: 'Проверяем файл…',
	import_plan: 'После загрузки:',
	/** @param {number} n */
	import_created: (n) => `добавится: ${n}`,
	/** @param {number} n */
	import_changed: (n) => `изменится: ${n}`,
	/** @param {number} n */
	import_deleted: (n) => `удалится: ${n}`,
	/** @param {number} n */
	import_unchanged: (n) => `останется как есть: ${n}`,
	import_faults: 'Файл не подходит, ничего не изменено:',
	import_go: 'Загрузить',
	imported: 'Настройки загружены.',

	/* figures */
	stats: 'Статистика',
	stats_range: 'За время',
	range_day: 'Сутки, по часам',
	range_week: '7 дней, по часам',
	range_month: '30 дней',
	range_year: 'Год',
	loading_stats: 'Загружаем статистику…',
	stats_none: 'За это время ничего не отправляли.',
	stats_delivered: 'Удачно',
	stats_failed: 'Неудачно',
	stats_share: 'Доля удачных',
	stats_attempts: 'Попыток',
	stats_p50: 'Ответ, медиана',
	stats_p95: 'Ответ, 95 %',
	stats_counts: 'Сообщения',
	stats_counts_label: 'Столбцы: удачные и неудачные сообщения. Те же ' +
		'числа в таблице ниже.',
	stats_latency: 'Время ответа, мс',
	stats_latency_label: 'Линии: медиана и 95 % времени ответа. Те же числа ' +
		'в таблице ниже.',
	stats_table: 'То же таблицей',

	/* sending again */
	recover: 'Повторить все неудачные',
	recover_title: 'Повторить неудачные отправки?',
	recover_about: 'Всё, что за это время так и не было доставлено, ' +
		'отправится ещё раз, не мешая новым событиям.',
	recover_since: 'За время',
	span_1: 'последний час',
	span_24: 'последние сутки',
	span_72: 'последние 3 дня',
	span_168: 'последние 7 дней',
	span_720: 'последние 30 дней',
	recover_go: 'Повторить',
	/** @param {number} n @param {number} of */
	recovery_running: (n, of) => `Возвращаем в очередь: ${n} из ${of}`,
	/** @param {number} n */
	recovery_done: (n) => `Готово: в очередь возвращено ${messages(n)}.`,
	/** @param {number} n */
	recovery_cancelled: (n) => `Остановлено: возвращено ${messages(n)}.`,
	recovery_nothing: 'Неудачных отправок за это время нет.',
	/** @param {number} n */
	recovery_delivered: (n) => `Из них уже доставлено: ${n}.`,
	recovery_stop: 'Остановить',

	/* conditions */
	filters: 'Дополнительные условия',
	filters_none: 'Отправляются все звонки',
	filters_about: 'Событие отправится, если выполнены все условия.',
	filters_at_start: 'В начале звонка статус, длительность, вид, теги и ' +
		'номер попытки ещё не известны и не проверяются.',
	filter_status: 'Статус',
	status_all: 'все',
	status_successful: 'успешные',
	status_failed: 'неуспешные',
	filter_min_duration: 'Длительность, от N секунд',
	/** @param {number} n */
	from_seconds: (n) => `от ${n} с`,
	filter_kind: 'Уникальность и цель',
	call_kind_all: 'любые',
	call_kind_unique: 'уникальные',
	call_kind_target: 'целевые',
	call_kind_unique_target: 'уникально-целевые',
	filter_campaigns: 'Кампании',
	filter_widgets: 'Виджеты',
	filter_offices: 'Офисы',
	filter_tags: 'Теги, хотя бы один из',
	one_a_line: 'По одному в строке; пусто — любые',
	filter_last_attempt_only: 'только последняя попытка',

	/* more settings */
	advanced: 'Дополнительно',
	advanced_none: 'Заголовки, авторизация, время ожидания, повторы',
	headers: 'Свои заголовки',
	/** @param {number} n */
	headers_n: (n) => plural('ru', n, { one: 'заголовок', few: 'заголовка',
		many: 'заголовков', other: 'заголовка' }),
	header_add: 'Добавить заголовок',
	/** @param {number} n */
	header_name: (n) => `Имя заголовка ${n}`,
	/** @param {number} n */
	header_value: (n) => `Значение заголовка ${n}`,
	/** @param {number} n */
	header_remove: (n) => `Убрать заголовок ${n}`,
	auth: 'Авторизация',
	auth_: 'нет',
	auth_basic: 'Basic: логин и пароль',
	auth_bearer: 'Bearer: токен',
	auth_user: 'Логин',
	auth_password: 'Пароль',
	auth_token: 'Токен',
	auth_stored: 'Сохранён и не показывается. Оставьте пустым, чтобы не менять.',
	auth_typed: 'секрет введён заново',
	auth_again: 'Введите ещё раз: сохранённый действует только для прежнего ' +
		'сервера и логина.',
	timeout_field: 'Ждать ответа, секунд',
	timeout_hint: 'От 1 до 60; пусто — как принято на сервере.',
	/** @param {string} n */
	timeout_is: (n) => `ждать ${n} с`,
	retry_field: 'Повторы через',
	retry_example: '10 с, 1 мин, 5 мин, 30 мин, 2 ч',
	retry_hint: 'Ожидание перед каждой следующей попыткой; пусто — как ' +
		'принято на сервере.',
	/** @param {number} n @param {string} time */
	retry_sum: (n, time) => `Всего ${plural('ru', n, { one: 'попытка',
		few: 'попытки', many: 'попыток', other: 'попытки' })} ` +
		`примерно за ${time}`,
	retry_own: 'свои повторы',
	error_timeout_range: 'Укажите от 1 до 60 секунд',
	error_retry_syntax: 'Напишите времена через запятую: 10 с, 5 мин, 2 ч. ' +
		'Не больше 20, каждое до 7 дней',
	error_template_braces: 'Скобки { } не парные. Сама скобка — {{ или }}',
	error_template_parameter: 'В скобках { } может стоять только параметр ' +
		'из списка',
	error_reserved: 'Этот заголовок ставим мы сами',
	error_conflict: 'Имя нельзя сочетать с вложенным: a и a[b]',
	/** @param {string} a */
	from_address: (a) => `с адреса ${a}`,
	action_restored: 'возвращён',
	action_paused: 'поставлен на паузу',
	action_resumed: 'снят с паузы',

	/* delete */
	delete_title: 'Удалить вебхук?',
	delete_text: 'Данные на этот адрес больше не будут отправляться, ' +
		'ожидающие повторы отменятся.',
	deleted: 'Вебхук удалён',
	undo: 'Отменить',
	delete_conflict: 'Вебхук изменили, пока вы его удаляли. Проверьте его ' +
		'и удалите ещё раз.',
	/** @param {string} why */
	delete_failed: (why) => `Вебхук не удалён. ${why}`,
	/** @param {string} why */
	toggle_failed: (why) => `Переключить не удалось. ${why}`,
	close: 'Закрыть',

	/* conflict */
	conflict_title: 'Вебхук уже изменили',
	conflict_text: 'Пока вы редактировали, кто-то сохранил другую версию. ' +
		'Выберите, какая останется.',
	conflict_field: 'Поле',
	conflict_mine: 'Ваша версия',
	conflict_theirs: 'Сохранённая версия',
	conflict_differs: 'отличается',
	conflict_keep_mine: 'Сохранить мою',
	conflict_take_theirs: 'Взять сохранённую',
	conflict_back: 'Вернуться к форме',
	nothing: 'пусто',
	yes: 'да',
	no: 'нет',

	/* key tab */
	key_title: 'Ключ для доступа к API',
	key_intro: 'Эта страница работает через открытый API: всё, что можно ' +
		'сделать здесь, доступно и вашей программе. Для этого ей нужен ключ.',
	key_new: 'Новый ключ',
	key_name: 'Название',
	key_name_example: 'например, CRM',
	key_name_required: 'Назовите ключ, чтобы потом узнать его',
	key_scopes_field: 'Что разрешить',
	key_scopes_required: 'Выберите хотя бы одно право',
	scope_webhooks: 'читать и менять вебхуки',
	scope_events: 'отправлять события звонков',
	scope_short_webhooks: 'вебхуки',
	scope_short_events: 'события',
	key_life: 'Действует',
	life_: 'бессрочно',
	life_30: '30 дней',
	life_90: '90 дней',
	life_365: 'год',
	key_create: 'Создать ключ',
	key_once_new: 'Сохраните ключ сейчас: больше он не будет показан.',
	keys_none: 'Ключей ещё нет.',
	keys_owner: 'Ключи видит и создаёт только владелец аккаунта.',
	loading_keys: 'Загружаем ключи…',
	key_unnamed: 'без названия',
	key_rename: 'Переименовать',
	key_revoke: 'Отозвать',
	key_revoke_title: 'Отозвать ключ?',
	key_revoke_text: 'Программы, которые им пользуются, сразу потеряют ' +
		'доступ. Вернуть ключ нельзя.',
	key_revoked: 'отозван',
	key_expired: 'истёк',
	/** @param {string} time */
	key_created: (time) => `создан ${time}`,
	/** @param {string} time */
	key_until: (time) => `действует до ${time}`,
	/** @param {string} time */
	key_used: (time) => `Последнее использование: ${time}`,
	key_unused: 'Ещё не использовался',
	key_sample: 'Пример запроса',
	key_sample_text: 'Список вебхуков сервиса Calltracking. Вместо КЛЮЧ ' +
		'подставьте свой:',
	key_placeholder: 'КЛЮЧ',
	key_in_use: 'Сейчас страница работает по ключу, введённому в этой вкладке.',
	key_forget: 'Забыть ключ',
	copy: 'Скопировать',
	copied: 'Скопировано',
	copy_failed: 'Браузер не дал скопировать, выделите текст сами.',
};
