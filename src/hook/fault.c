/*
 * The list of what is wrong with a piece of input, and the one table of
 * codes and sentences.  Filled by whoever reads input in hook/, shown by the
 * API as problem+json and by callhookctl as text.  No state of its own.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/span.h"
#include "hook/fault.h"

#define POINTER_MAX ((size_t)4 * 1024 * 1024)

static const struct {
	const char *code;
	const char *en;
	const char *ru;
} TABLE[FAULT_CODES] = {
	[FAULT_REQUIRED] = { "required",
	    "This field is required.",
	    "Заполните это поле" },
	[FAULT_UNKNOWN_FIELD] = { "unknown_field",
	    "There is no such field; check its spelling or leave it out.",
	    "Такого поля нет: проверьте название или уберите его" },
	[FAULT_WRONG_TYPE] = { "wrong_type",
	    "Expected a value of type %s.",
	    "Ожидается значение типа %s" },
	[FAULT_TOO_LONG] = { "too_long",
	    "Too long; at most %s bytes are allowed.",
	    "Слишком длинное значение: допустимо не более %s байт" },
	[FAULT_TOO_MANY] = { "too_many",
	    "Too many entries; at most %s are allowed.",
	    "Слишком много записей: допустимо не более %s" },
	[FAULT_EMPTY] = { "empty",
	    "This may not be empty; give at least one value.",
	    "Укажите хотя бы одно значение" },
	[FAULT_OUT_OF_RANGE] = { "out_of_range",
	    "Out of range; the value has to be within %s.",
	    "Значение вне допустимых границ: %s" },
	[FAULT_NOT_IN_LIST] = { "not_in_list",
	    "Choose one of: %s.",
	    "Выберите значение из списка: %s" },
	[FAULT_DUPLICATE] = { "duplicate",
	    "The same value is given twice; remove one of them.",
	    "Значение указано дважды: уберите повтор" },
	[FAULT_BAD_CHARACTER] = { "bad_character",
	    "Contains a character that may not stand here (a line break, a "
	    "control character, broken UTF-8; in an address a blank, in a user "
	    "name a colon); remove it.",
	    "Недопустимый символ: уберите переносы строк, невидимые знаки и "
	    "лишние пробелы, в имени пользователя и двоеточие" },
	[FAULT_BAD_TIME] = { "bad_time",
	    "Not a time; write it like 2026-11-22T11:02:41Z.",
	    "Укажите время в виде 2026-11-22T11:02:41Z" },
	[FAULT_UNKNOWN_PARAMETER] = { "unknown_parameter",
	    "The service has no parameter \"%s\"; choose one from the list.",
	    "Выберите значение из списка: у сервиса нет параметра «%s»" },
	[FAULT_DUPLICATE_NAME] = { "duplicate_name",
	    "This name is already used; choose another one.",
	    "Имя уже используется" },
	[FAULT_VALUE_OR_TEXT] = { "value_or_text",
	    "Give one of: a value from the list, a constant text, a template.",
	    "Выберите значение из списка либо задайте константу или шаблон" },
	[FAULT_URL_REQUIRED] = { "url_required",
	    "Give an address, for example https://mysite.ru",
	    "Укажите адрес, например https://mysite.ru" },
	[FAULT_URL_SYNTAX] = { "url_syntax",
	    "Not an address; write it like https://mysite.ru",
	    "Проверьте адрес: он должен выглядеть как https://mysite.ru" },
	[FAULT_URL_SCHEME] = { "url_scheme",
	    "The address has to begin with https:// or http://",
	    "Адрес должен начинаться с https:// или http://" },
	[FAULT_URL_USERINFO] = { "url_userinfo",
	    "User name and password may not stand in the address; remove "
	    "everything up to the @ and use the authorization (auth).",
	    "Уберите имя пользователя и пароль (всё до знака @): для них есть "
	    "настройка «Авторизация»" },
	[FAULT_URL_HOST] = { "url_host",
	    "Not a valid host name or IP address; check its spelling.",
	    "Проверьте имя хоста или IP-адрес" },
	[FAULT_URL_HOST_NUMERIC] = { "url_host_numeric",
	    "Write the IP address as four decimal numbers, for example "
	    "1.2.3.4",
	    "Запишите IP-адрес четырьмя десятичными числами, например 1.2.3.4" },
	[FAULT_URL_PORT] = { "url_port",
	    "This port is not allowed; use 80, 443 or a port from 1024 on that "
	    "no other protocol claims.",
	    "Недопустимый порт: используйте 80, 443 или порт от 1024, не занятый "
	    "другим протоколом" },
	[FAULT_URL_PATH_IN_ORIGIN] = { "url_path_in_origin",
	    "Only protocol, host and port belong here; move the rest to the "
	    "path.",
	    "Здесь только протокол, хост и порт: перенесите остальное в поле "
	    "«Путь»" },
	[FAULT_URL_FRAGMENT] = { "url_fragment",
	    "The part from # on is never sent; remove it.",
	    "Часть после знака # не передаётся: уберите её" },
	[FAULT_URL_TOO_LONG] = { "url_too_long",
	    "The address is too long; at most %s bytes are allowed.",
	    "Слишком длинный адрес: допустимо не более %s байт" },
	[FAULT_URL_PRIVATE] = { "url_private",
	    "Addresses of internal networks cannot be called; give a public "
	    "address.",
	    "Адрес внутренней сети недоступен" },
	[FAULT_URL_RESERVED_NAME] = { "url_reserved_name",
	    "This host name is reserved for internal networks; give a public "
	    "name.",
	    "Имя хоста зарезервировано для внутренних сетей: укажите "
	    "общедоступное" },
	[FAULT_URL_HTTP] = { "url_http",
	    "Plain http is switched off; use https://",
	    "Протокол http отключён: используйте https://" },
	[FAULT_WRONG_ACCOUNT] = { "wrong_account",
	    "This key belongs to another account; use a key of this account.",
	    "Ключ принадлежит другому аккаунту: используйте ключ этого "
	    "аккаунта" },
	[FAULT_LIMIT] = { "limit",
	    "The account already has %s of them, which is the maximum; delete "
	    "one first.",
	    "Достигнут предел аккаунта (%s): сначала удалите что-нибудь "
	    "ненужное" },
	[FAULT_SECRET_SYNTAX] = { "secret_syntax",
	    "Not a secret; write it like whsec_ and base64 (HMAC) or whsk_ and "
	    "base64 (Ed25519).",
	    "Это не секрет: он должен выглядеть как whsec_ и base64 (HMAC) или "
	    "whsk_ и base64 (Ed25519)" },
	[FAULT_SECRET_LENGTH] = { "secret_length",
	    "The secret has the wrong length; behind base64 there have to be "
	    "%s bytes.",
	    "Неверная длина секрета: после base64 должно быть столько байт: "
	    "%s" },
	[FAULT_SECRET_KIND] = { "secret_kind",
	    "This is no secret for %s; choose the other kind or leave the kind "
	    "out.",
	    "Этот секрет не подходит для %s: выберите другой вид подписи или "
	    "не указывайте его" },
	[FAULT_SECRET_LIMIT] = { "secret_limit",
	    "The webhook has %s secrets already, which is the maximum; wait "
	    "until one expires or shorten the overlap.",
	    "У вебхука уже максимальное количество секретов (%s): дождитесь "
	    "окончания срока одного из них или сократите перекрытие" },
	[FAULT_NOT_OF_SERVICE] = { "not_of_service",
	    "Calls of the service %s say nothing of this; leave it out.",
	    "В звонках сервиса %s этого нет: уберите условие" },
	[FAULT_RESERVED] = { "reserved",
	    "The header %s is set by the service itself; remove it.",
	    "Заголовок %s сервис задаёт сам: уберите его" },
	[FAULT_CONFLICT] = { "conflict",
	    "This name cannot stand beside %s: one value would have to be "
	    "both a text and an object.",
	    "Имя несовместимо с %s: одно значение не может быть и текстом, и "
	    "объектом" },
	[FAULT_TOO_LATE] = { "too_late",
	    "All waits together may not be longer than %s days; shorten some.",
	    "Все паузы вместе не могут быть дольше %s дней: сократите их" },
	[FAULT_TEMPLATE_SYNTAX] = { "template_syntax",
	    "A brace is left alone; write {parameter}, or {{ and }} for braces "
	    "as such.",
	    "Непарная фигурная скобка: пишите {параметр}, а для самих скобок "
	    "{{ и }}" },
	[FAULT_BAD_CURSOR] = { "bad_cursor",
	    "Not a place in this list; take it from next_cursor, or leave it "
	    "out to begin.",
	    "Это не место в этом списке: возьмите его из next_cursor или "
	    "начните без него" },
	[FAULT_BAD_ID] = { "bad_id",
	    "Not an id; write it like 019aab20-7d1e-7a52-8c36-0f9b1a2c3d4e.",
	    "Это не идентификатор: он выглядит как "
	    "019aab20-7d1e-7a52-8c36-0f9b1a2c3d4e" },
	[FAULT_ALLOWED_CHARACTERS] = { "allowed_characters",
	    "Other characters than %s may not stand here.",
	    "Допустимы только символы %s" },
	[FAULT_NOT_EARLIER] = { "not_earlier",
	    "Has to be earlier than %s.",
	    "Должно быть раньше, чем %s" },
	[FAULT_SPAN_TOO_LONG] = { "span_too_long",
	    "Too long ago; the whole span may have at most %s days.",
	    "Слишком давно: весь промежуток не может быть длиннее %s дней" },
	[FAULT_LOGIN_AGAIN] = { "login_again",
	    "What is stored is not sent to another server; give it once more.",
	    "Сохранённое значение не отправляется на другой сервер: введите "
	    "его ещё раз" },
	[FAULT_IN_THE_PAST] = { "in_the_past",
	    "This time is over; give a later one.",
	    "Это время уже прошло: укажите более позднее" },
};

static char *pointer_text(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);

static char *
pointer_text(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		return NULL;
	return s;
}

void
fault_add(struct faults *f, enum fault_code code, const char *arg,
    const char *pointer_fmt, ...)
{
	struct fault one = { .code = code };
	struct fault *v;
	va_list ap;

	if (f->err != ERR_OK || f->n >= FAULTS_MAX)
		return;
	va_start(ap, pointer_fmt);
	one.pointer = pointer_text(pointer_fmt, ap);
	va_end(ap);
	if (!one.pointer)
		goto nomem;
	if (arg) {
		one.arg = strdup(arg);
		if (!one.arg)
			goto free_pointer;
	}
	v = realloc(f->v, (f->n + 1) * sizeof(*v));
	if (!v)
		goto free_arg;
	f->v = v;
	f->v[f->n++] = one;
	return;

free_arg:
	free(one.arg);
free_pointer:
	free(one.pointer);
nomem:
	f->err = ERR_NOMEM;
}

void
fault_add_field(struct faults *f, enum fault_code code, const char *prefix,
    const char *key)
{
	struct buf pointer = BUF_INIT(POINTER_MAX);

	for (; *key != '\0'; key++) {
		if (*key == '~')
			buf_str(&pointer, "~0");
		else if (*key == '/')
			buf_str(&pointer, "~1");
		else
			buf_chr(&pointer, *key);
	}
	if (buf_err(&pointer) != ERR_OK)
		f->err = ERR_NOMEM;
	fault_add(f, code, NULL, "%s/%s", prefix, buf_cstr(&pointer));
	buf_free(&pointer);
}

void
fault_free(struct faults *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < f->n; i++) {
		free(f->v[i].pointer);
		free(f->v[i].arg);
	}
	free(f->v);
	*f = (struct faults){ 0 };
}

const char *
fault_code(enum fault_code code)
{
	return TABLE[code].code;
}

const char *
fault_text_en(enum fault_code code)
{
	return TABLE[code].en;
}

const char *
fault_text_ru(enum fault_code code)
{
	return TABLE[code].ru;
}

void
fault_sentence(const struct fault *f, const char *text, struct buf *out)
{
	const char *mark = strstr(text, "%s");

	if (!mark) {
		buf_str(out, text);
		return;
	}
	buf_span(out, (struct span){ text, (size_t)(mark - text) });
	buf_str(out, f->arg ? f->arg : "?");
	buf_str(out, mark + 2);
}
