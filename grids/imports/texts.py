"""What the user reads about each problem: one sentence that says what to do."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grids.imports.problems import Problem

Text = str | Promise

TEXTS: dict[Problem, Text] = {
    Problem.EMPTY_FILE: _("The file is empty: export it again and send the new one."),
    Problem.TOO_LARGE: _("The file is larger than %(limit_mb)d MB: split it and send the parts."),
    Problem.UNKNOWN_KIND: _(
        "%(name)s is of a kind that cannot be read: send a Shapefile as a zip, GeoPackage, GeoJSON,"
        " KML, CSV or Excel (.xlsx)."
    ),
    Problem.PICTURE: _("%(name)s is a picture or PDF, whatever its name says: send the table."),
    Problem.HTML_PAGE: _(
        "This is a web page saved under the name of a table: open it in Excel or WPS and save it as"
        " .xlsx."
    ),
    Problem.OLD_EXCEL: _(
        "This is a workbook of an older kind (.xls, .et, .xlsb): open it in Excel or WPS and save"
        " it as .xlsx."
    ),
    Problem.PASSWORD: _("The file is protected by a password: remove it and send the file again."),
    Problem.NOT_A_ZIP: _(
        "The archive cannot be opened: pack the files as an ordinary .zip and send that."
    ),
    Problem.LONE_PART: _(
        "%(name)s is only one part of a Shapefile: pack .shp, .shx, .dbf, .prj and .cpg into one"
        " .zip and send that."
    ),
    Problem.CUT_OFF: _(
        "The file ends in the middle, so nothing of it was read: copy or export it again and send"
        " the whole file."
    ),
    Problem.DAMAGED: _(
        "The file is damaged, so nothing of it was read: export it again and send the new one."
    ),
    Problem.NO_SHAPEFILE: _(
        "There is no Shapefile in the zip: pack .shp, .shx, .dbf and .prj, and send files of other"
        " kinds without packing them."
    ),
    Problem.INFLATES: _(
        "What is packed in the file is larger than %(limit_mb)d MB or packed far too tightly: split"
        " it and send the parts."
    ),
    Problem.TOO_MANY_FILES: _(
        "There are more than %(limit)d files in the zip: pack only those of the Shapefile."
    ),
    Problem.UNSAFE_PATH: _(
        "The zip wants to write outside its folder (%(name)s): pack the files without folders."
    ),
    Problem.LINK_IN_ZIP: _(
        "%(name)s in the zip is a link to another file: pack the files themselves."
    ),
    Problem.ZIP_IN_ZIP: _(
        "%(name)s in the zip is an archive itself: unpack it, and pack its files directly."
    ),
    Problem.TWICE_IN_ZIP: _("%(name)s is in the zip twice: leave one of the two out."),
    Problem.PART_MISSING: _("The Shapefile %(name)s lacks %(missing)s: add that part to the zip."),
    Problem.PARTS_DIFFER: _(
        "The Shapefile %(name)s has %(shapes)d shapes but %(rows)d rows in its table: export it"
        " again, so that its parts belong together."
    ),
    Problem.NOT_TEXT: _(
        "From line %(row)d on, the file is neither UTF-8 nor GBK: save it as CSV UTF-8."
    ),
    Problem.NOT_UTF8: _("The text of the file is not UTF-8: export it again in UTF-8."),
    Problem.OPEN_QUOTE: _(
        "A quotation mark in the record that begins on line %(row)d is never closed; the file may"
        " be cut off there: close the mark or export the file again."
    ),
    Problem.BAD_QUOTE: _(
        "On line %(row)d there is text behind a closing quotation mark: double the marks inside the"
        " cell, or save the table as .xlsx."
    ),
    Problem.NO_HEADER: _(
        "No line with the names of the columns was found: write one above the data, with words (not"
        " numbers) over each column."
    ),
    Problem.DUPLICATE_COLUMN: _(
        "Two columns are called “%(column)s”: give each column a name of its own."
    ),
    Problem.TOO_MANY_COLUMNS: _(
        "There are more than %(limit)d columns: delete those that are not needed."
    ),
    Problem.TOO_MANY_ROWS: _(
        "There are more than %(limit)d rows: split the file and send the parts."
    ),
    Problem.TOO_MANY_LAYERS: _(
        "There are more than %(limit)d layers or sheets: send only those that are needed."
    ),
    Problem.NO_ROWS: _("There are no rows of data: export the table with its content."),
    Problem.NOT_GEOJSON: _(
        "This is not GeoJSON, or there is a mistake in it: export the layer again as GeoJSON."
    ),
    Problem.FOREIGN_CRS: _(
        "The GeoJSON names its coordinate system in a form that is not read: export it without the"
        " “crs” member, or with a name such as EPSG:4490."
    ),
    Problem.NOT_GEOPACKAGE: _(
        "This is a database but not a GeoPackage: export the layer as a GeoPackage."
    ),
    Problem.VIEW: _(
        "The layer %(name)s is a query, not a table: save it as a layer of its own and send that."
    ),
    Problem.NOT_KML: _("This is not KML, or there is a mistake in it: export the layer again."),
    Problem.NETWORK_LINK: _(
        "The KML only links to content elsewhere (NetworkLink), which is not fetched: save the"
        " places themselves as KML."
    ),
    Problem.ENTITIES: _(
        "The file defines entities of its own (DOCTYPE), which are not read: export it again"
        " without them."
    ),
    Problem.SHAPE_TOO_LARGE: _(
        "A single shape or value is larger than %(limit_mb)d MB: simplify or split it."
    ),
    Problem.FRAME_NOT_STATED: _(
        "The file does not say in which coordinate system it is: choose it from the list; whoever"
        " made the file knows."
    ),
    Problem.FRAME_UNKNOWN: _(
        "The coordinate system of the file (%(crs)s) cannot be converted: export it in CGCS2000 or"
        " WGS84, or choose another from the list if this one is stated wrongly."
    ),
    Problem.SWAPPED: _(
        "Longitude and latitude seem to be exchanged (the first position is %(x)s, %(y)s): confirm"
        " to exchange them, or correct the columns."
    ),
    Problem.TOO_FEW_VALUES: _(
        "The row has %(found)d values for %(columns)d columns: add what is missing, blank values"
        " too."
    ),
    Problem.TOO_MANY_VALUES: _(
        "The row has %(found)d values for %(columns)d columns: delete what is too much, or put"
        " values that contain the separator in quotation marks."
    ),
    Problem.NEEDED: _("The cell is blank: fill it in."),
    Problem.TOO_LONG: _("The text has %(length)d characters and may have %(longest)d: shorten it."),
    Problem.CONTROL_CHARACTER: _(
        "The text contains an invisible control character (%(character)s): type it anew."
    ),
    Problem.UNREADABLE_TEXT: _(
        "The text contains characters that cannot be read: type it anew, or export the file in"
        " UTF-8."
    ),
    Problem.TEXT_CUT: _(
        "The text “%(value)s” is cut off in the middle of a character, because its column is too"
        " narrow: widen the column and export the file again."
    ),
    Problem.FORMULA_WITHOUT_VALUE: _(
        "The cell holds a formula without a result: open the file in Excel or WPS, let it"
        " calculate, and save it."
    ),
    Problem.FORMULA_ERROR: _("The cell shows the error %(value)s: correct its formula."),
    Problem.NOT_A_CODE: _("“%(value)s” has not the form of a code: correct it."),
    Problem.DIGITS_LOST: _(
        "The code “%(value)s” has lost digits: format the column as text in the spreadsheet and"
        " enter the codes again."
    ),
    Problem.ZEROS_LOST: _(
        "The code “%(value)s” is too short and may have lost zeros at its beginning: format the"
        " column as text in the spreadsheet and enter the codes again."
    ),
    Problem.NOT_WHOLE: _("“%(value)s” is not a whole number: write one, without a fraction."),
    Problem.NOT_A_NUMBER: _("“%(value)s” is not a number: write only digits, without a unit."),
    Problem.OUT_OF_RANGE: _("%(value)s is not between %(low)s and %(high)s: correct the number."),
    Problem.NOT_A_CHOICE: _("“%(value)s” is not known here: write one of %(words)s."),
    Problem.NOT_YES_OR_NO: _("“%(value)s” is neither yes nor no: write one of %(words)s."),
    Problem.NOT_A_DAY: _("“%(value)s” is not a date: write it like 2026-01-05."),
    Problem.NO_SUCH_DAY: _("There is no such day as “%(value)s”: correct the date."),
    Problem.SHAPE_MISSING: _("The row has no shape: draw it, or delete the row."),
    Problem.SHAPE_EMPTY: _("The shape has no points: draw it again, or delete it."),
    Problem.SHAPE_UNREADABLE: _(
        "The shape cannot be read (curves and 3D models are not): convert it to straight lines or"
        " draw it again."
    ),
    Problem.WRONG_SHAPE: _("This is a %(found)s where a %(wanted)s belongs: choose another layer."),
    Problem.SEVERAL_POINTS: _(
        "There are %(count)d points in one shape: keep one of them, or give each its own row."
    ),
    Problem.NOT_FINITE: _("A coordinate of the shape is no finite number: draw the shape again."),
    Problem.TOO_FEW_POINTS: _("The shape has too few different points: draw it again."),
    Problem.CROSSES_ITSELF: _(
        "The outline crosses or touches itself at %(x)s, %(y)s: move its vertices apart there."
    ),
    Problem.HOLE_OUTSIDE: _(
        "A hole lies outside its polygon at %(x)s, %(y)s: move it inside or delete it."
    ),
    Problem.HOLES_OVERLAP: _(
        "A hole shares a border with another hole or with the outline at %(x)s, %(y)s: join the"
        " holes, or cut the outline there."
    ),
    Problem.PARTS_OVERLAP: _(
        "Two parts of the shape overlap or share a border at %(x)s, %(y)s: dissolve them into one."
    ),
    Problem.SHAPE_INVALID: _("The shape is not valid at %(x)s, %(y)s: draw it again there."),
    Problem.COORDINATE_MISSING: _(
        "Only one of the two coordinates is there: add the other, or clear both."
    ),
    Problem.NOT_A_COORDINATE: _(
        "“%(value)s” is not a coordinate: write degrees like 112.5572 or 112°33′26″."
    ),
    Problem.NOT_WKT: _(
        "“%(value)s” is not a shape in WKT: write it like POINT (112.5572 37.8736)."
    ),
    Problem.FRAMES_DIFFER: _(
        "The shape names another coordinate system (SRID) than the first one: convert all to one."
    ),
    Problem.OUTSIDE_FRAME: _(
        "The position %(x)s, %(y)s cannot be one in %(frame)s: correct it, or choose the coordinate"
        " system again."
    ),
    Problem.NO_POSITIONS: _(
        "The file says nowhere where things lie: name the columns of the position, or send a file"
        " with shapes."
    ),
    Problem.NO_PLACE: _(
        "There is neither a position nor an address: fill in one of them, or leave the row out."
    ),
    Problem.DOUBLED: _(
        "%(value)s stands in row %(row)s already: every code may stand in the file once."
    ),
    Problem.OUTSIDE_TERRITORY: _(
        "This lies in %(code)s, outside the territory that the import is for: leave it out, or"
        " import for a larger territory."
    ),
    Problem.CODE_OF_ANOTHER: _(
        "%(value)s belongs to something in another territory already: use another code."
    ),
    Problem.PARENT_UNKNOWN: _(
        "%(value)s would lie in %(parent)s, which is not in the registry: import that first, or"
        " correct the code."
    ),
    Problem.SKIPS_A_LEVEL: _(
        "%(value)s leaves out a level: district, street and community take 6, 9 and 12 digits,"
        " filled up with zeros."
    ),
    Problem.CHANGES_LATER: _(
        "%(value)s changes on %(day)s already, after the day from which this file is to hold:"
        " choose a later day."
    ),
    Problem.NOT_ONE_PIECE: _(
        "%(code)s is in several pieces: draw it as one, or give each piece a code of its own."
    ),
    Problem.GAP_OR_OVERLAP: _(
        "%(code)s overlaps a neighbour or leaves a narrow gap, along %(length_m)s m of border: let"
        " both have the same vertices there."
    ),
    Problem.UNCOVERED: _(
        "%(area_m2)s m² of %(code)s lie in no grid: extend a neighbour over the gap, or add the"
        " missing grid."
    ),
    Problem.CODE_OF_THE_PAST: _(
        "%(value)s was the code of a grid that is gone (%(name)s), and stays with it so that the"
        " past can be read: give the new grid another one."
    ),
    Problem.GRID_MISSING: _(
        "%(code)s is missing in the layer, and its ground is no other grid's: put it back, or give"
        " its ground to a neighbour. A layer holds all grids of the communities that it names."
    ),
    Problem.TOO_MANY_VERTICES: _(
        "The border of %(code)s has %(count)s vertices; a plan takes at most %(limit)s of a grid:"
        " simplify it where the file is made."
    ),
    Problem.TOO_SMALL: _(
        "%(code)s has only %(area_m2)s m²: a splinter of an edit? Merge it with a neighbour."
    ),
    Problem.TOO_NARROW: _(
        "%(code)s is nowhere wider than %(width_m)s m: a splinter of an edit? Merge it with a"
        " neighbour."
    ),
    Problem.NO_PLAN: _("The layer cannot become a plan (%(why)s)."),
    Problem.OUTSIDE_PARENT: _(
        "%(area_m2)s m² reach out of %(code)s: cut the grids at its boundary, or correct the"
        " boundary first."
    ),
    Problem.DIFFERENT_PEOPLE: _(
        "The staff number %(value)s has another name in row %(row)s: give each person a number of"
        " their own."
    ),
    Problem.GRID_UNKNOWN: _(
        "There is no grid or community %(value)s in this territory: correct the code, or import"
        " the grids first."
    ),
    Problem.PERSON_UNKNOWN: _(
        "Nobody else has the staff number %(value)s: name the person who is stood in for."
    ),
    Problem.ENDS_BEFORE: _("The last day %(until)s is before the first, %(since)s: exchange them."),
    Problem.REGISTRY_BUSY: _(
        "Somebody else is changing the registry just now, so nothing was written: try again in a"
        " minute."
    ),
    Problem.REGISTRY_CHANGED: _(
        "The registry has changed since the dry run, so nothing was written: check again and look"
        " at the new report."
    ),
    Problem.ROWS_GONE: _(
        "The checked rows are no longer there, so nothing was written: check again."
    ),
    Problem.BROKE_OFF: _("The work broke off, and nothing was written: start this step again."),
    Problem.HEIGHTS_DROPPED: _(
        "%(count)d shapes have heights or measures, which are not kept; there is nothing to do."
    ),
}
"""Complete: a test compares it with the list of problems."""

# Words of details that are shown, too.
WORDS: dict[str, Text] = {
    "point": _("point"),
    "line": _("line"),
    "polygon": _("polygon"),
    "mixture": _("collection of different shapes"),
}
SHAPE_DETAILS = frozenset({"found", "wanted"})


def sentence(problem: Problem, details: Mapping[str, object]) -> str:
    """What to tell the user, in the active language; plain text that pages still have to escape."""
    shown = {
        key: WORDS.get(str(value), value) if key in SHAPE_DETAILS else value
        for key, value in details.items()
    }
    return str(TEXTS[problem]) % shown
