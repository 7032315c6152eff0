r"""What is promised in SECURITY.md, changes to the code that break it, and the test that fails then.

`promises` tries them.  A fault is a text that stands once in a file and what stands there instead; where the text is
empty, the other is added at the end of the file.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FAULTS", "Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A change that breaks a promise.

    Attributes
    ----------
    promise : str
        Words of SECURITY.md.
    without : str
        What is missing then.
    file : str
        Relative to the repository.
    old, new : str
        What stands there, and what stands there then.
    test : str
        What fails then, as pytest names it below ``tests``.
    """

    promise: str
    without: str
    file: str
    old: str
    new: str
    test: str


#: Without, file, old, new, test.
_Change = tuple[str, str, str, str, str]

_PAGES: dict[str, list[_Change]] = {
    "Nothing in a page is executed": [
        (
            "JSON-LD is read as data",
            "boilerplate/metadata/declared.py",
            "return json.loads(attempt, strict=False)",
            "return eval(attempt)",
            "test_nothing_runs.py::test_reading_a_page_runs_nothing",
        ),
    ],
    "reading it opens no file and no connection": [
        (
            "entities and declarations of a page load nothing",
            "boilerplate/page.py",
            'parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")',
            'parser = etree.XMLParser(huge_tree=True, encoding="utf-8", recover=True, load_dtd=True, no_network=False)',
            "test_nothing_runs.py::test_reading_a_page_opens_nothing",
        ),
    ],
    "Every page has a result or a reason.": [
        (
            "null bytes are taken out",
            "boilerplate/markup.py",
            'markup = markup.replace(b"\\x00", b"")',
            "markup = bytes(markup)",
            "test_page.py::test_nul_is_removed",
        ),
        (
            "halves of characters are replaced",
            "boilerplate/encoding.py",
            'return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")',
            'return text.encode("utf-8", "strict")',
            "test_page.py::test_surrogates",
        ),
        (
            "UTF-16 without a mark is recognised",
            "boilerplate/encoding.py",
            '    if b"\\x00" not in head:',
            "    if head:",
            "test_page.py::test_utf16_without_mark",
        ),
        (
            "UTF-7 is no encoding of pages",
            "boilerplate/encoding.py",
            "        if found is None:\n            return None\n",
            "        if found is None:\n            return codecs.lookup(label).name\n",
            "test_page.py::test_utf_7_is_no_encoding",
        ),
        (
            "bytes that are none of the encoding are replaced",
            "boilerplate/encoding.py",
            'return data.decode(codec, "replace")',
            "return data.decode(codec)",
            "test_page.py::test_damaged_utf8_stays_utf8",
        ),
        (
            "thousands of attributes are cut",
            "boilerplate/markup.py",
            'return _cut_attributes(_END_OF_PAGE.sub(b"", markup), notes)',
            'return _END_OF_PAGE.sub(b"", markup)',
            "test_page.py::test_thousands_of_attributes_take_no_quadratic_time",
        ),
        (
            "what is deeper than 256 levels is read",
            "boilerplate/page.py",
            'parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")',
            'parser = etree.HTMLParser(encoding="utf-8")',
            "test_page.py::test_deep_nesting_is_kept",
        ),
        (
            "a fault of ours is a reason",
            "boilerplate/batch/outcome.py",
            "    except Exception as error:\n        lap()",
            "    except BoilerplateError as error:\n        lap()",
            "test_batch.py::test_a_fault_of_ours_costs_one_page",
        ),
        (
            "the corpus has the pages that it is to have",
            "tests/nasty_pages.py",
            'add("200,000 nested divs", lambda: HEAD + "<div>" * 200_000',
            'add("200,000 nested divs", lambda: HEAD + "<div>" * 2_000',
            "test_nasty_pages.py::test_pages_are_as_nasty_as_their_names_say",
        ),
    ],
    "a page takes no more than 10 s of processor time and 1 GB of memory by default": [
        (
            "10 s are the default",
            "boilerplate/limits.py",
            "max_seconds: float | None = 10.0",
            "max_seconds: float | None = 60.0",
            "test_batch.py::test_what_is_promised_of_a_page_is_the_default",
        ),
        (
            "1 GB is the default",
            "boilerplate/limits.py",
            "max_memory: int | None = 1_000_000_000",
            "max_memory: int | None = None",
            "test_batch.py::test_what_is_promised_of_a_page_is_the_default",
        ),
        (
            "a single page of `clean` has a timer",
            "boilerplate/batch/alone.py",
            "        start_timers(limits)\n        result = function()",
            "        result = function()",
            "test_batch.py::test_a_single_page_has_limits_too",
        ),
        (
            "a single page of `clean` has a limit of memory",
            "boilerplate/batch/alone.py",
            "undo = limit_memory(limits.max_memory)",
            "undo = limit_memory(None)",
            "test_batch.py::test_a_single_page_has_limits_too",
        ),
        (
            "a page of `label` has limits",
            "boilerplate/cli/label.py",
            "text = within(limits, partial(_labelled, source, labelled, style))",
            "text = _labelled(source, labelled, style)",
            "test_batch.py::test_a_single_page_has_limits_too",
        ),
        (
            "a page in a batch has a timer",
            "boilerplate/batch/child.py",
            "                start_timers(limits)\n                result = function(item)",
            "                result = function(item)",
            "test_batch.py::test_limits_in_a_batch",
        ),
        (
            "what waits ends too",
            "boilerplate/batch/child.py",
            "signal.setitimer(signal.ITIMER_REAL, limits.max_wall_seconds or 0.0)",
            "signal.setitimer(signal.ITIMER_REAL, 0.0)",
            "test_batch.py::test_what_waits_for_ever_ends_by_the_clock",
        ),
        (
            "a process of a batch has a limit of memory",
            "boilerplate/batch/child.py",
            "    limit_memory(limits.max_memory)\n    # What is there",
            "    # What is there",
            "test_batch.py::test_memory_beyond_the_limit_is_refused",
        ),
        (
            "processes of frames and batches have the limits",
            "boilerplate/batch/run.py",
            "partial(lost_page, task.limits), task.limits)",
            "partial(lost_page, task.limits))",
            "test_frames.py::test_limits_and_wrong_frames",
        ),
    ],
    "pages that are too long, have too many tags or nest too deep are refused before that": [
        (
            "bytes are counted",
            "boilerplate/limits.py",
            "if self.max_bytes is not None and n_bytes > self.max_bytes:",
            "if False:",
            "test_limits.py::test_page_past_a_limit",
        ),
        (
            "text is as long as it is in UTF-8",
            "boilerplate/limits.py",
            'n_bytes = len(html.encode("utf-8", "surrogatepass"))',
            "n_bytes = len(html)",
            "test_hostile_pages.py::test_text_is_as_long_as_it_is_in_utf_8",
        ),
        (
            "tags are counted",
            "boilerplate/page.py",
            "    if max_nodes is not None:\n",
            "    if False:\n",
            "test_limits.py::test_page_past_a_limit",
        ),
        (
            "tags are counted as the parser sees them",
            "boilerplate/markup.py",
            '_OPENING = re.compile(rb"<(?:[A-Za-z!?]|/[^A-Za-z>])")',
            '_OPENING = re.compile(rb"<[A-Za-z!?]")',
            "test_hostile_pages.py::test_tags_are_counted_as_the_parser_sees_them",
        ),
        (
            "levels are counted",
            "boilerplate/labelled.py",
            "        limits.check_table(table)\n",
            "",
            "test_limits.py::test_page_past_a_limit",
        ),
    ],
    "In a batch, a page that fails, hangs or brings its process down costs no other.": [
        (
            "a process that dies is replaced, and its page has a reason",
            "boilerplate/batch/worker.py",
            "results.append(self._setup.lost(items[len(results)], death))",
            "raise",
            "test_batch.py::test_results_in_order_and_what_kills_a_process_costs_itself_only",
        ),
        (
            "a process that holds too much is replaced",
            "boilerplate/batch/worker.py",
            "if self._resident > MAX_RESIDENT_BYTES:",
            "if False:",
            "test_batch.py::test_worker_that_holds_too_much_is_replaced",
        ),
        (
            "a record that cannot be read costs no other",
            "boilerplate/inputs/warc.py",
            "    except InputError as error:\n        problem, past_limit",
            "    except LimitError as error:\n        problem, past_limit",
            "test_inputs_archives.py::test_record_that_cannot_be_read_costs_no_other",
        ),
        (
            "in `label`, a page that fails costs no other",
            "boilerplate/cli/label.py",
            "                failures.append((source.name, failure_reason(error)))",
            "                raise",
            "test_cli_web.py::test_private_addresses_and_disallowed_pages",
        ),
    ],
    "Archives that are cut off or damaged give what stands before the damage": [
        (
            "damage is a reason",
            "boilerplate/inputs/warc.py",
            'if not isinstance(error, OSError) and type(error).__name__ != "PanicException":',
            "if error:",
            "test_inputs_archives.py::test_no_archive",
        ),
        (
            "an archive that is cut off says so",
            "boilerplate/inputs/warc.py",
            "    if not told and ends_in_head(stream.tail):",
            "    if False:",
            "test_inputs_archives.py::test_archive_cut_off_within_a_record_says_so",
        ),
        (
            "a page that is cut off is none",
            "boilerplate/inputs/warc.py",
            "    if len(body) < length or not",
            "    if not",
            "test_inputs_archives.py::test_archive_cut_off_anywhere",
        ),
    ],
    "what is compressed is unpacked no further than a page may be long": [
        (
            "no more is unpacked than there is room for",
            "boilerplate/inputs/packed.py",
            "piece = unpacker.decompress(data, limits.max_bytes + 1 - size)",
            "piece = unpacker.decompress(data)",
            "test_inputs_bombs.py::test_no_more_is_unpacked_than_there_is_room_for",
        ),
        (
            "no more of a record is read than there is room for",
            "boilerplate/inputs/warc.py",
            "record.reader.read(length if limits.max_bytes is None else min(length, limits.max_bytes + 1))",
            "record.reader.read(length)",
            "test_inputs_bombs.py::test_bombs_in_archives",
        ),
        (
            "few encodings are undone",
            "boilerplate/inputs/warc.py",
            "if len(names) > _MAX_ENCODINGS:",
            "if False:",
            "test_inputs_bombs.py::test_encodings_on_top_of_each_other",
        ),
    ],
    "Files that one command writes and another reads": [
        (
            "figures are checked",
            "boilerplate/cli/train.py",
            "        json.dumps(figures, allow_nan=False)\n",
            "",
            "test_kept_files.py::test_figures_are_refused_before_a_model_is_trained",
        ),
        (
            "kept predictions are checked",
            "boilerplate/training/predictions.py",
            "or not all(_is_page(p) for p in pages)",
            "",
            "test_evaluation.py::test_damaged_predictions_are_refused",
        ),
        (
            "journals are checked",
            "boilerplate/writing/journal.py",
            "if not all(type(number) is int and number >= 0 for number in numbers):",
            "if False:",
            "test_kept_files.py::test_a_journal_that_is_damaged",
        ),
        (
            "runs of `benchmark` are checked",
            "boilerplate/cli/benchmark.py",
            "    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:",
            "    except OSError as error:",
            "test_benchmark.py::test_a_run_with_parts_of_another_kind_is_refused",
        ),
        (
            "label files are checked",
            "boilerplate/dataset.py",
            '    if not isinstance(value, dict):\n        raise DatasetError(f"{where}: a JSON object is wanted',
            '    if False:\n        raise DatasetError(f"{where}: a JSON object is wanted',
            "test_dataset.py::test_bad_labels",
        ),
        (
            "options are checked",
            "boilerplate/cli/config.py",
            "    if flag != isinstance(value, bool) or isinstance(value, dict) or (",
            "    if False and (",
            "test_config.py::test_wrong_options",
        ),
    ],
}

_TREES = "test_trees.py::test_arrays_that_are_no_trees_are_refused"
_MODELS: dict[str, list[_Change]] = {
    "loading one executes nothing": [
        (
            "pickles are not loaded",
            "boilerplate/model/file.py",
            "    length = _header_length(data)\n    if len(data) < _LENGTH_BYTES or",
            '    if data.startswith(b"\\x80"):\n        __import__("pickle").loads(data)\n'
            "    length = _header_length(data)\n    if len(data) < _LENGTH_BYTES or",
            "test_model_file.py::test_nothing_in_a_file_is_executed",
        ),
    ],
    "It reads nothing outside the file": [
        (
            "lengths are within the file",
            "boilerplate/model/file.py",
            "or length > len(data) - _LENGTH_BYTES:",
            "or False:",
            "test_model_file.py::test_other_files_are_refused",
        ),
        (
            "features exist",
            "boilerplate/model/trees.py",
            "_require(_within(self.feature, self.n_features),",
            "_require(True,",
            _TREES,
        ),
        (
            "outputs exist",
            "boilerplate/model/trees.py",
            "_require(_within(self.output, self.n_outputs),",
            "_require(True,",
            _TREES,
        ),
        (
            "roots are within the nodes",
            "boilerplate/model/trees.py",
            "self.root[0] == 0 and self.root[-1] < len(self.value) and bool(",
            "True or bool(",
            _TREES,
        ),
        (
            "children are within their tree",
            "boilerplate/model/trees.py",
            "_require(bool(np.all(children < np.tile(end[inner], 2))),",
            "_require(True,",
            _TREES,
        ),
        (
            "arrays of nodes have one length",
            "boilerplate/model/trees.py",
            "_require(len(lengths) == 1,",
            "_require(True,",
            _TREES,
        ),
        (
            "arrays have their types and shapes",
            "boilerplate/model/trees.py",
            "isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == 1,",
            "True,",
            "test_trees.py::test_an_absent_or_odd_array_is_refused",
        ),
        (
            "weights have the scorer's shape",
            "boilerplate/model/model.py",
            "if values is None or values.dtype != np.int8 or values.shape != shape:",
            "if values is None:",
            "test_training.py::test_a_model_of_other_shapes_is_refused",
        ),
        (
            "trees fit labels and features",
            "boilerplate/model/model.py",
            "if trees.n_outputs != outputs or trees.n_features != len(columns):",
            "if False:",
            "test_training.py::test_a_model_for_other_features_is_refused",
        ),
    ],
    "takes no more memory than a few times its size": [
        (
            "no more of a file is read than a model may have",
            "boilerplate/model/file.py",
            "return file.read(MAX_FILE_BYTES + 1)",
            "return file.read()",
            "test_model_file.py::test_no_more_is_read_than_a_model_may_have",
        ),
        (
            "files that are too large are refused",
            "boilerplate/model/file.py",
            '    if len(data) > MAX_FILE_BYTES:\n        raise ModelError(f"{name} is larger',
            '    if False:\n        raise ModelError(f"{name} is larger',
            "test_model_file.py::test_limits_hold_for_writers_and_readers",
        ),
        (
            "headers that are too long are refused",
            "boilerplate/model/file.py",
            "    if length > MAX_HEADER_BYTES:",
            "    if False:",
            "test_model_file.py::test_limits_hold_for_writers_and_readers",
        ),
        (
            "the number of features is bounded",
            "boilerplate/model/trees.py",
            "_require(0 < self.n_features <= MAX_FEATURES,",
            "_require(True,",
            _TREES,
        ),
        (
            "the number of outputs is bounded",
            "boilerplate/model/trees.py",
            "_require(0 < self.n_outputs <= MAX_OUTPUTS,",
            "_require(True,",
            _TREES,
        ),
        (
            "the number of nodes is bounded",
            "boilerplate/model/trees.py",
            "_require(len(self.value) <= MAX_NODES,",
            "_require(True,",
            "test_trees.py::test_depth_is_limited",
        ),
    ],
    "than a few times its size, and ends": [
        (
            "a child comes after its parent",
            "boilerplate/model/trees.py",
            "_require(bool(np.all(children > np.tile(own[inner], 2))),",
            "_require(True,",
            _TREES,
        ),
        (
            "a node has one parent",
            "boilerplate/model/trees.py",
            "_require(bool(np.all(parents == 1)),",
            "_require(True,",
            _TREES,
        ),
        (
            "trees are not deep",
            "boilerplate/model/trees.py",
            "_require(not level.size,",
            "_require(True,",
            "test_trees.py::test_depth_is_limited",
        ),
        (
            "pipes and devices are not read",
            "boilerplate/model/file.py",
            "        if not stat.S_ISREG(mode):",
            "        if False:",
            "test_model_file.py::test_a_pipe_is_not_waited_for",
        ),
        (
            "headers are not nested without end",
            "boilerplate/model/file.py",
            "    for _ in range(MAX_HEADER_DEPTH):",
            "    for _ in range(1_000_000):",
            "test_model_file.py::test_other_files_are_refused",
        ),
    ],
    "A file that is damaged or no model, and trees that lead astray or do not end, are refused with a sentence.": [
        (
            "the checksum is compared",
            "boilerplate/model/file.py",
            "    if header.get(_CHECKSUM) != _checksum(arrays, header):",
            "    if False:",
            "test_model_file.py::test_every_flipped_byte_of_the_arrays_is_noticed",
        ),
        (
            "the checksum holds the names of arrays",
            "boilerplate/model/file.py",
            "table = [[name, arrays[name].dtype.name, list(arrays[name].shape)] for name in names]",
            "table = [[arrays[name].dtype.name, list(arrays[name].shape)] for name in names]",
            "test_model_file.py::test_swapped_and_renamed_arrays_are_noticed",
        ),
        (
            "the checksum holds the shapes of arrays",
            "boilerplate/model/file.py",
            "table = [[name, arrays[name].dtype.name, list(arrays[name].shape)] for name in names]",
            "table = [[name, arrays[name].dtype.name] for name in names]",
            "test_model_file.py::test_swapped_and_renamed_arrays_are_noticed",
        ),
        (
            "what is neither true nor false is refused",
            "boilerplate/model/file.py",
            "if dtype == np.bool_ and flat.view(np.uint8).max(initial=0) > 1:",
            "if False:",
            "test_model_file.py::test_a_boolean_that_is_neither_is_refused_whatever_the_checksum",
        ),
        (
            "pickles, zip and gzip files are named",
            "boilerplate/model/file.py",
            'for start, kind in _LOOKALIKES if data.startswith(start)), "")',
            'for start, kind in () if data.startswith(start)), "")',
            "test_model_file.py::test_other_files_are_refused",
        ),
        (
            "thresholds are numbers",
            "boilerplate/model/trees.py",
            "_require(not np.isnan(self.threshold).any(),",
            "_require(True,",
            _TREES,
        ),
        (
            "values are finite",
            "boilerplate/model/trees.py",
            "_require(bool(np.isfinite(self.value).all()),",
            "_require(True,",
            _TREES,
        ),
        (
            "scales cannot overflow",
            "boilerplate/model/model.py",
            "if not ((scale >= 0) & (scale <= _MAX_SCALE)).all():",
            "if False:",
            "test_model_file.py::test_scales_that_could_overflow_are_refused",
        ),
        (
            "what is refused is a sentence on the command line",
            "boilerplate/model/file.py",
            "    except (KeyError, TypeError, ValueError, RecursionError):\n        _refuse_foreign(name)",
            "    except KeyError:\n        _refuse_foreign(name)",
            "test_model_file.py::test_any_json_is_refused",
        ),
    ],
    "The models that come with the package are those of `models/SHA256SUMS`.": [
        (
            "a model is as it was",
            "models/default.safetensors",
            "",
            "x",
            "test_models_checksum.py::test_models_have_their_checksums",
        ),
    ],
}

_SANITISED = "test_output_sanitizer.py::test_whatever_is_written_nothing_active_comes_out"
_HOSTILE_OVERLAY = "test_overlay.py::test_the_file_of_a_hostile_page"
_OUTPUT: dict[str, list[_Change]] = {
    "HTML output holds no script": [
        (
            "the sanitiser is asked",
            "boilerplate/output/html.py",
            "    return nh3.clean(\n        _TEXT_BETWEEN_TAGS",
            "    return body or nh3.clean(\n        _TEXT_BETWEEN_TAGS",
            _SANITISED,
        ),
        (
            "texts are escaped, by a sanitiser, under a policy",
            "boilerplate/output/html.py",
            "    return (\n        f'<!DOCTYPE html>",
            '    policy, _sanitized = "", lambda body: "".join(block.text for block in page.blocks)\n'
            "    return (\n        f'<!DOCTYPE html>",
            "test_output_browser.py::test_nothing_runs_and_nothing_is_loaded[html]",
        ),
    ],
    "no event handler": [
        (
            "attributes are those of a list",
            "boilerplate/output/html.py",
            '"p": {"id"},',
            '"p": {"id", "onclick"},',
            _SANITISED,
        ),
        (
            "classes are those of a list",
            "boilerplate/output/html.py",
            'return None if name == "class" and not _CLASS.fullmatch(value) else value',
            "return value",
            _SANITISED,
        ),
    ],
    "no address that runs something": [
        (
            "schemes are those of a list",
            "boilerplate/output/addresses.py",
            'SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})',
            'SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp", "javascript", "data"})',
            _SANITISED,
        ),
        (
            "addresses are left out of Markdown too",
            "boilerplate/output/addresses.py",
            "if scheme is not None and scheme[0].lower() not in SCHEMES:",
            "if False:",
            "test_fuzz_targets.py::test_targets_hold[clean]",
        ),
        (
            "addresses are read as browsers do",
            "boilerplate/output/addresses.py",
            '        address = _IGNORED.sub("", address).strip(_ENDS)\n        if not address or',
            "        if not address or",
            "test_output_sanitizer.py::test_addresses_that_run_something_are_left_out",
        ),
    ],
    "and loads nothing, except for images if `--images` asked for them": [
        (
            "the document forbids it",
            "boilerplate/output/html.py",
            "content=\\\"default-src 'none'{images};",
            'content=\\"default-src *{images};',
            "test_output_sanitizer.py::test_the_document_forbids_itself_requests",
        ),
        (
            "images are loaded if asked for only",
            "boilerplate/output/html.py",
            '"; img-src *" if any(run.kind == "image" for run in walk_runs(list(nodes))) else ""',
            '"; img-src *"',
            "test_output_sanitizer.py::test_the_document_forbids_itself_requests",
        ),
        (
            "addresses without a scheme lead to no file server",
            "boilerplate/output/addresses.py",
            'full = f"https:{full}" if full.startswith("//") else full',
            "full = str(full)",
            "test_output_sanitizer.py::test_addresses_without_a_scheme_lead_to_no_file_server",
        ),
    ],
    "Overlays, reports of `evaluate` and `benchmark` and the pages that `annotate` shows run nothing of a page": [
        (
            "the frame of an overlay runs no script",
            "boilerplate/overlay/document.py",
            'sandbox="allow-same-origin"',
            'sandbox="allow-same-origin allow-scripts"',
            _HOSTILE_OVERLAY,
        ),
        (
            "the overlay forbids itself requests",
            "boilerplate/overlay/document.py",
            "f\"default-src 'none'; script-src",
            'f"default-src *; script-src',
            _HOSTILE_OVERLAY,
        ),
        (
            "no text of the page ends the overlay's data",
            "boilerplate/overlay/document.py",
            '.replace("<", "\\\\u003c")',
            "",
            _HOSTILE_OVERLAY,
        ),
        (
            "attributes are those of a list",
            "boilerplate/rendering/snapshot.py",
            "    if name in _ATTRIBUTES:\n",
            "    if name:\n",
            "test_annotate_server.py::test_what_acts_or_loads_does_not_reach_the_browser",
        ),
        (
            "scripts and what loads are left out",
            "boilerplate/rendering/snapshot.py",
            '_DROPPED = _names("script link meta',
            '_DROPPED = _names("meta',
            "test_annotate_server.py::test_what_acts_or_loads_does_not_reach_the_browser",
        ),
        (
            "links lead nowhere",
            "boilerplate/rendering/snapshot.py",
            'kept[name] = "#"',
            "kept[name] = value",
            "test_annotate_server.py::test_what_acts_or_loads_does_not_reach_the_browser",
        ),
        (
            "style sheets load nothing",
            "boilerplate/rendering/snapshot.py",
            'return _LOADS.sub(lambda found: "none" if found[0][0] in "uU" else "", style) if style else style',
            "return style",
            "test_overlay.py::test_a_hostile_page_runs_and_loads_nothing",
        ),
        (
            "the frame of the annotator runs and loads nothing",
            "boilerplate/annotate/server.py",
            "    \"default-src 'none'; script-src 'none'; style-src",
            '    "default-src *; style-src',
            "test_annotate_server.py::test_the_frame_lets_nothing_run_or_load",
        ),
        (
            "a report's texts are no markup",
            "boilerplate/reports/markup.py",
            '        element[-1].tail = (element[-1].tail or "") + text\n    else:\n'
            '        element.text = (element.text or "") + text',
            '        element[-1].tail = (element[-1].tail or "") + text\n    else:\n'
            "        element.append(html.fragment_fromstring(text, create_parent=True))",
            "test_evaluation.py::test_report_is_text_only_whatever_pages_hold",
        ),
        (
            "reports forbid themselves scripts and requests",
            "boilerplate/reports/markup.py",
            "_POLICY = \"default-src 'none';",
            '_POLICY = "default-src *;',
            "test_evaluation.py::test_report_is_text_only_whatever_pages_hold",
        ),
    ],
    "The annotator answers only its own page on this machine.": [
        (
            "nothing without the token",
            "boilerplate/annotate/server.py",
            "if not secrets.compare_digest(given, self._token):",
            "if False:",
            "test_annotate_server.py::test_nothing_without_the_token",
        ),
        (
            "no step from another origin",
            "boilerplate/annotate/server.py",
            "if origin not in ((own,) if scope",
            "if False and origin not in ((own,) if scope",
            "test_annotate_server.py::test_no_step_from_another_origin",
        ),
        (
            "no other name of this machine",
            "boilerplate/annotate/server.py",
            "if host not in self._hosts:",
            "if False:",
            "test_annotate_server.py::test_no_step_from_another_origin",
        ),
        (
            "this machine alone",
            "boilerplate/annotate/server.py",
            "sock.bind((HOST, port))",
            'sock.bind(("", port))',
            "test_annotate_server.py::test_the_real_server_listens_on_loopback_alone",
        ),
    ],
    "No cell of CSV output is a formula to a spreadsheet.": [
        (
            "an apostrophe stands before it",
            "boilerplate/output/records.py",
            "if len(value) > 1 and value.startswith(_FORMULA_STARTS) else value)",
            "if not value else value)",
            "test_output.py::test_csv_round_trip",
        ),
        (
            "before wide signs too",
            "boilerplate/output/records.py",
            '"\\r", "\\n", "＝", "＋", "－", "＠")',
            '"\\r", "\\n")',
            "test_output.py::test_csv_round_trip",
        ),
    ],
    "Texts have no control characters, no overrides of direction and no invisible messages": [
        (
            "control characters are left out",
            "boilerplate/output/characters.py",
            "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f",
            "\\x00-\\x08\\x0b-\\x1a",
            "test_output_characters.py::test_what_hides_or_steers_goes",
        ),
        (
            "overrides of direction are left out",
            "boilerplate/output/characters.py",
            "\\u202a-\\u202e\\u2066-\\u206f",
            "\\u202a-\\u202c\\u206a-\\u206f",
            "test_output_characters.py::test_what_hides_or_steers_goes",
        ),
        (
            "tag characters are left out",
            "boilerplate/output/characters.py",
            '_TAGS = "\\U000e0000-\\U000e007f"',
            '_TAGS = "\\U000e0000-\\U000e0001"',
            "test_output_characters.py::test_what_hides_or_steers_goes",
        ),
        (
            "runs of variation selectors are left out",
            "boilerplate/output/characters.py",
            '_SELECTORS = "\\ufe00-\\ufe0f\\U000e0100-\\U000e01ef"',
            '_SELECTORS = "\\ufe00-\\ufe0f"',
            "test_output_characters.py::test_what_hides_or_steers_goes",
        ),
        (
            "in every format",
            "boilerplate/output/document.py",
            "return BROKEN if self.controls else CONTROLS",
            "return BROKEN",
            "test_output_characters.py::test_every_format_is_free_of_them",
        ),
    ],
    "unless `--keep-controls` asked for them": [
        (
            "they stay if asked for",
            "boilerplate/output/document.py",
            "return BROKEN if self.controls else CONTROLS",
            "return CONTROLS",
            "test_output_characters.py::test_they_stay_if_asked_for",
        ),
    ],
    "Names of pages cannot steer a terminal": [
        (
            "names are written with escapes",
            "boilerplate/files.py",
            "c if c.isprintable() else ascii(c)[1:-1] for c in name",
            "c for c in name",
            "test_cli.py::test_every_bad_page_is_named_with_its_reason",
        ),
    ],
    "nor lead a file out of the directory it is to be written to": [
        (
            "names lead downwards",
            "boilerplate/writing/documents.py",
            'if part not in ("..", "/")',
            "if part",
            "test_writing.py::test_names_of_files_lead_downwards",
        ),
    ],
}

_SAYS_WHY = "test_hidden.py::test_hidden_text_says_why"
_HIDDEN: dict[str, list[_Change]] = {
    "Blocks say whether the page shows them, and if not why": [
        (
            "`display:none`",
            "boilerplate/hidden/reasons.py",
            'if given.get("display") == "none" or given.get("content-visibility") == "hidden":',
            "if False:",
            _SAYS_WHY,
        ),
        (
            "the attribute `hidden`",
            "boilerplate/hidden/reasons.py",
            'for e, _ in view.having("hidden")]',
            "for e, _ in ()]",
            _SAYS_WHY,
        ),
        (
            "zero size",
            "boilerplate/hidden/reasons.py",
            "if size is not None and size <= 1.0:",
            "if False:",
            _SAYS_WHY,
        ),
        ("off the screen", "boilerplate/hidden/reasons.py", "    if _is_far(given):", "    if False:", _SAYS_WHY),
        (
            "the colour of what is behind it",
            "boilerplate/hidden/reasons.py",
            "(codes < 0) & _same_colour(view, declared)",
            "(codes < 0) & False",
            _SAYS_WHY,
        ),
        (
            "`aria-hidden`",
            "boilerplate/hidden/reasons.py",
            'if value.strip().lower() == "true"]',
            "if not value]",
            _SAYS_WHY,
        ),
        (
            "blocks say so",
            "boilerplate/labelled.py",
            "            hidden_reason=hidden.reason[i],",
            '            hidden_reason="",',
            "test_hidden.py::test_blocks_say_hidden_and_why",
        ),
        (
            "what is shown is not taken for hidden",
            "boilerplate/hidden/reasons.py",
            "_FAR = -500.0",
            "_FAR = 0.0",
            "test_hidden.py::test_shown_text_is_not_hidden",
        ),
    ],
    "comments are never text": [
        (
            "comments are passed over",
            "boilerplate/nodes.py",
            "for i in np.flatnonzero(shown & is_element).tolist() if (text := nodes[i].text)]",
            "for i in np.flatnonzero(shown).tolist() if (text := nodes[i].text)]",
            "test_hidden.py::test_comments_and_hidden_inputs_are_never_text",
        ),
    ],
    "`clean` keeps hidden text by default": [
        (
            "in Python",
            "boilerplate/labelled.py",
            '        hidden: str = "keep",',
            '        hidden: str = "drop",',
            "test_hidden.py::test_hidden_text_is_kept_or_dropped",
        ),
        (
            "on the command line",
            "boilerplate/cli/clean.py",
            'help="keep or drop text that the page holds but does not show."),\n    ] = "keep",',
            'help="keep or drop text that the page holds but does not show."),\n    ] = "drop",',
            "test_hidden.py::test_api_and_command_line",
        ),
    ],
    "`--hidden drop` leaves out what is found to be hidden": [
        (
            "hidden blocks",
            "boilerplate/labelled.py",
            "given = (b for b in self.blocks if self.keeps_hidden or not b.hidden)",
            "given = (b for b in self.blocks)",
            "test_hidden.py::test_dropping_keeps_the_numbers_of_blocks",
        ),
        (
            "hidden parts of blocks",
            "boilerplate/labelled.py",
            "page = self if options.hidden else self.without_hidden()",
            "page = self",
            "test_hidden.py::test_hidden_text_is_kept_or_dropped",
        ),
        (
            "on the command line",
            "boilerplate/cli/clean.py",
            "hidden=keeps_hidden(hidden),",
            "hidden=True,",
            "test_hidden.py::test_api_and_command_line",
        ),
    ],
}

_REFUSED = "test_web_fetch.py::test_what_is_refused"
_ADDRESSES: dict[str, list[_Change]] = {
    "Only http and https are fetched": [
        (
            "schemes are checked",
            "boilerplate/web/fetch.py",
            'if url.scheme not in ("http", "https"):',
            "if False:",
            "test_web_fetch.py::test_addresses_that_are_not_fetched",
        ),
        (
            "after redirects too",
            "boilerplate/web/fetch.py",
            '                    _check(request.url, "The server redirects to ")\n',
            "",
            _REFUSED,
        ),
    ],
    "without a user's name": [
        (
            "names are refused",
            "boilerplate/web/fetch.py",
            "    if url.userinfo:",
            "    if False:",
            "test_web_fetch.py::test_addresses_that_are_not_fetched",
        ),
    ],
    "only from hosts of the public internet": [
        (
            "addresses are checked",
            "boilerplate/web/network.py",
            "public = [address for address in found if is_public(address)]",
            "public = found",
            "test_web_fetch.py::test_this_machine_is_not_fetched_from",
        ),
        (
            "private addresses are not public",
            "boilerplate/web/address.py",
            "return ip.is_global and not",
            "return not",
            "test_web_fetch.py::test_addresses_that_are_not_public",
        ),
        (
            "nor are those for many hosts",
            "boilerplate/web/address.py",
            "return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)",
            "return ip.is_global",
            "test_web_fetch.py::test_addresses_that_are_not_public",
        ),
        (
            "nor those that carry a private address",
            "boilerplate/web/address.py",
            "for network, bits in _CARRIERS:",
            "for network, bits in ():",
            "test_web_fetch.py::test_addresses_that_are_not_public",
        ),
        (
            "on the command line",
            "boilerplate/cli/web.py",
            "options = FetchOptions(allow_private,",
            "options = FetchOptions(True,",
            "test_cli_web.py::test_private_addresses_and_disallowed_pages",
        ),
        (
            "no proxy looks hosts up by itself",
            "boilerplate/web/fetch.py",
            "return httpx.Client(transport=transport, headers=_HEADERS, trust_env=False, timeout=None)",
            "return httpx.Client(headers=_HEADERS, timeout=None)",
            "test_web_fetch.py::test_proxies_of_the_environment_are_not_asked",
        ),
    ],
    "unless `--allow-private` asked for others": [
        (
            "they are fetched if asked for",
            "boilerplate/web/network.py",
            "        if self._allow_private:\n",
            "        if False:\n",
            "test_web_fetch.py::test_private_addresses_if_allowed",
        ),
    ],
    "also after redirects": [
        (
            "addresses are checked",
            "boilerplate/web/network.py",
            "public = [address for address in found if is_public(address)]",
            "public = found",
            "test_web_fetch.py::test_a_redirect_does_not_lead_to_this_machine",
        ),
        (
            "those of robots.txt too",
            "boilerplate/web/network.py",
            "public = [address for address in found if is_public(address)]",
            "public = found",
            "test_web_fetch.py::test_robots_do_not_lead_to_this_machine",
        ),
    ],
    "whatever a name server answers the second time": [
        (
            "what was checked is what is connected to",
            "boilerplate/web/network.py",
            "                    address, port, min(left, _CONNECT_SECONDS)",
            "                    host, port, min(left, _CONNECT_SECONDS)",
            "test_web_fetch.py::test_a_name_that_changes_its_address_gains_nothing",
        ),
    ],
    "Size, time and redirects are bounded": [
        (
            "what comes is counted",
            "boilerplate/web/fetch.py",
            "        if limit is not None and len(body) > limit:\n            break",
            "        if False:\n            break",
            "test_web_fetch.py::test_size_is_limited_however_it_is_sent",
        ),
        (
            "what is unpacked is counted",
            "boilerplate/web/fetch.py",
            "limits = Limits(max_bytes=limit)",
            "limits = Limits(max_bytes=None)",
            "test_web_fetch.py::test_size_is_limited_however_it_is_sent",
        ),
        (
            "reading ends in time",
            "boilerplate/web/network.py",
            "return self._stream.read(max_bytes, self._deadline.remaining())",
            "return self._stream.read(max_bytes, 10.0)",
            "test_web_fetch.py::test_time_is_limited_however_it_is_wasted",
        ),
        (
            "looking a host up ends in time",
            "boilerplate/web/network.py",
            "answer = answers.get(timeout=self._deadline.remaining())",
            "answer = answers.get()",
            "test_web_fetch.py::test_time_counts_robots_and_names_too",
        ),
        (
            "redirects are counted",
            "boilerplate/web/fetch.py",
            "for step in range(options.max_redirects + 1):",
            "for step in range(30):",
            "test_web_fetch.py::test_redirects_are_counted",
        ),
        (
            "no more of a robots.txt is read than the protocol asks for",
            "boilerplate/web/fetch.py",
            "_read(response, MAX_ROBOTS_BYTES) if",
            "_read(response, None) if",
            "test_web_fetch.py::test_odd_robots",
        ),
    ],
    "what is no web page is refused": [
        (
            "types of content are checked",
            "boilerplate/web/fetch.py",
            "if kind and kind not in _HTML_TYPES:",
            "if False:",
            _REFUSED,
        ),
        (
            "answers without success are refused",
            "boilerplate/web/fetch.py",
            "        if not response.is_success:\n",
            "        if False:\n",
            _REFUSED,
        ),
    ],
    "certificates are checked": [
        (
            "certificates are checked",
            "boilerplate/web/fetch.py",
            "self._certificates = certificates or httpx.create_ssl_context()",
            "self._certificates = certificates or httpx.create_ssl_context(verify=False)",
            "test_web_fetch.py::test_certificates_are_checked_against_the_name",
        ),
    ],
    "Pages that a site's robots.txt disallows are not fetched": [
        (
            "rules are asked",
            "boilerplate/web/fetch.py",
            "                    self._robots.check(request.url)\n",
            "",
            "test_web_fetch.py::test_robots_are_respected",
        ),
        (
            "after redirects too",
            "boilerplate/web/fetch.py",
            "                if not options.ignore_robots:\n",
            "                if step == 0 and not options.ignore_robots:\n",
            "test_web_fetch.py::test_robots_hold_after_redirects",
        ),
        (
            "rules are those for this program",
            "boilerplate/web/robots.py",
            "name = name if name and TOKEN.startswith(name) else _OTHERS",
            "name = _OTHERS",
            "test_web_fetch.py::test_whom_rules_are_for",
        ),
    ],
    "unless `--ignore-robots` asked for them": [
        (
            "they are fetched if asked for",
            "boilerplate/cli/web.py",
            "options = FetchOptions(allow_private, ignore_robots,",
            "options = FetchOptions(allow_private, False,",
            "test_cli_web.py::test_private_addresses_and_disallowed_pages",
        ),
    ],
    "nor those of sites whose robots.txt cannot be read": [
        (
            "they are left alone",
            "boilerplate/web/robots.py",
            "        if not 200 <= answer.status < 300:\n",
            "        if False:\n",
            "test_web_fetch.py::test_robots_that_cannot_be_had",
        ),
    ],
    "the program says who it is": [
        (
            "its name and version",
            "boilerplate/web/fetch.py",
            '"User-Agent": USER_AGENT,',
            '"User-Agent": "Mozilla/5.0",',
            "test_web_fetch.py::test_a_page",
        ),
    ],
}

_WORDS = "test_explanation.py::test_reasons_in_words"
_KEYBOARD = "test_overlay.py::test_keyboard_alone"
_EXPLANATIONS: dict[str, list[_Change]] = {
    "What features are said to add sums to the margin that decides": [
        (
            "what is passed on is taken away",
            "boilerplate/explanation/contributions.py",
            "            values[:, columns] -= given\n",
            "",
            "test_explanation.py::test_contributions_sum_to_the_margins",
        ),
        (
            "agreement with the blocks around counts",
            "boilerplate/explanation/contributions.py",
            "_ALIKE[labels]] += said - expected - values.sum(axis=1)",
            "_ALIKE[labels]] += 0.0 * said",
            "test_explanation.py::test_contributions_sum_to_the_margins",
        ),
    ],
    "sums to the margin that decides, in words": [
        (
            "'82 % link text'",
            "boilerplate/explanation/vocabulary.py",
            '"link_share": lambda v: "no link text" if v <= 0 else f"{percent(v)} link text",',
            '"link_share": lambda v: f"link_share {v}",',
            _WORDS,
        ),
        (
            "each format has them",
            "boilerplate/cli/label.py",
            "                    explain=explain,\n",
            "",
            "test_explanation.py::test_explain_in_every_format",
        ),
    ],
    "The overlay is one file": [
        (
            "its style is in it",
            "boilerplate/overlay/document.py",
            'el("style", _asset("overlay.css")),',
            'el("link", rel="stylesheet", href="overlay.css"),',
            _HOSTILE_OVERLAY,
        ),
        (
            "blocks are coloured",
            "boilerplate/overlay/overlay.js",
            "  view.paint([...codes]",
            "  void ([...codes]",
            "test_overlay.py::test_the_page_looks_as_it_does",
        ),
        (
            "the legend counts",
            "boilerplate/overlay/document.py",
            "count = sum(block.label == label for block in page.blocks)",
            "count = 0",
            "test_overlay.py::test_the_file_of_a_page",
        ),
        (
            "labels can be switched",
            "boilerplate/overlay/overlay.js",
            '    input.addEventListener("change", input.id === "show-all" ? setPlain : paint);\n',
            "",
            "test_overlay.py::test_labels_are_switched_on_and_off",
        ),
        (
            "the pointer says why",
            "boilerplate/overlay/overlay.js",
            '  $("glass").addEventListener("mousemove", onMove);\n',
            "",
            "test_overlay.py::test_hover_says_label_probabilities_and_reasons",
        ),
    ],
    "usable by keyboard": [
        (
            "keys move from block to block",
            "boilerplate/overlay/overlay.js",
            '  $("stage").addEventListener("keydown", onKey);\n',
            "",
            _KEYBOARD,
        ),
        (
            "the focus says why",
            "boilerplate/overlay/overlay.js",
            "    if (block >= 0 && block !== selected) select(block, { scrollList: false });\n",
            "",
            _KEYBOARD,
        ),
    ],
    "and without colours": [
        (
            "each label has its line",
            "boilerplate/overlay/overlay.js",
            "text-decoration: underline wavy",
            "text-decoration: underline solid",
            "test_overlay.py::test_labels_can_be_told_apart_without_colour",
        ),
        (
            "each label has its letter",
            "boilerplate/overlay/overlay.js",
            "  layer.replaceChildren(...tags);\n",
            "",
            "test_overlay.py::test_the_page_looks_as_it_does",
        ),
    ],
    "The overlay is one file, usable": [
        (
            "the README shows one",
            "README.md",
            "(docs/images/overlay-seed.png)",
            "(docs/explanations.md)",
            "test_readme.py::test_an_overlay_is_shown",
        ),
    ],
    "`confidence` is what": [
        (
            "expected word F1 of what is kept",
            "boilerplate/labelled.py",
            "confidence=min(max(expected_f1(prediction.main, view.words)[1], 0.0), 1.0),",
            "confidence=float(prediction.main.max(initial=0.0)),",
            "test_labelled.py::test_confidence_is_the_expected_word_f1",
        ),
    ],
}
_PARTS = (_PAGES, _MODELS, _OUTPUT, _HIDDEN, _ADDRESSES, _EXPLANATIONS)

#: In the order of SECURITY.md.
FAULTS = [Fault(promise, *change) for part in _PARTS for promise, changes in part.items() for change in changes]
