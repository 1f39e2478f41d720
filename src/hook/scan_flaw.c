/*
 * What can be wrong with a JSON text, in words for whoever sent it.  A table; read
 * by the API when it refuses a body.
 */
#include "config.h"

#include "hook/scan.h"

static const struct {
	const char *en, *ru;
} TEXTS[SCAN_FLAWS] = {
	[SCAN_FINE] = { "nothing is wrong", "ошибок нет" },
	[SCAN_NO_MEMORY] = { "out of memory", "не хватило памяти" },
	[SCAN_ENDS_IN_STRING] = { "the text ends within a string",
	    "текст обрывается внутри строки" },
	[SCAN_CONTROL] = { "a control character within a string",
	    "управляющий символ внутри строки" },
	[SCAN_ESCAPE] = { "not an escape of JSON",
	    "такой последовательности с обратной чертой в JSON нет" },
	[SCAN_NO_DIGIT] = { "a digit is missing", "не хватает цифры" },
	[SCAN_NO_VALUE] = { "a value is missing", "не хватает значения" },
	[SCAN_NO_KEY] = { "a key is missing", "не хватает ключа" },
	[SCAN_NO_COLON] = { "':' is missing", "не хватает «:»" },
	[SCAN_NO_COMMA_OBJECT] = { "',' or '}' is missing",
	    "не хватает «,» или «}»" },
	[SCAN_NO_COMMA_ARRAY] = { "',' or ']' is missing",
	    "не хватает «,» или «]»" },
	[SCAN_NUL] = { "U+0000 is not allowed", "символ U+0000 не допускается" },
	[SCAN_SURROGATE] = { "a surrogate without its pair",
	    "суррогатная половина символа без пары" },
	[SCAN_UTF8] = { "not UTF-8", "это не UTF-8" },
	[SCAN_BOM] = { "a byte order mark is not allowed",
	    "метка порядка байтов (BOM) не допускается" },
	[SCAN_DUPLICATE_KEY] = { "a key occurs twice in one object",
	    "ключ встречается в объекте дважды" },
	[SCAN_TRAILING] = { "something follows the value",
	    "после значения стоит что-то ещё" },
	[SCAN_DEEP] = { "nested too deeply", "слишком глубокая вложенность" },
	[SCAN_MANY_MEMBERS] = { "too many members in one object",
	    "слишком много полей в одном объекте" },
};

const char *
scan_flaw_en(enum scan_flaw flaw)
{
	return TEXTS[flaw].en;
}

const char *
scan_flaw_ru(enum scan_flaw flaw)
{
	return TEXTS[flaw].ru;
}
