package services

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// use is what a call does with the file or folder that a path names.
type use uint8

// The uses of files.
const (
	unused use = iota
	reading
	writing
	deleting // or moving away
)

// openers open a file by its name, in a mode that their second argument says; pathOpeners in one
// that their first says.
var (
	openers     = []string{"builtins.open", "aiofiles.open", "anyio.open_file", "codecs.open", "io.FileIO", "gzip.open", "bz2.open", "lzma.open"}
	pathOpeners = []string{"pathlib.PurePath().open"}
)

// uses lists what calls do with the files that their arguments name.
var uses = []struct {
	use use
	// args are the arguments that name the files, by the words of the models; empty means any.
	args  string
	names []string
}{
	{reading, "", []string{
		"flask.send_file", "quart.send_file", "starlette.responses.FileResponse", "aiohttp.web.FileResponse", "sanic.file", "sanic.file_stream", "sanic.response.file", "sanic.response.file_stream",
		"pathlib.PurePath().read_text", "pathlib.PurePath().read_bytes", "pathlib.PurePath().iterdir", "os.listdir", "os.scandir", "aiofiles.os.listdir",
	}},
	{reading, "0:src", []string{"shutil.copy", "shutil.copy2", "shutil.copyfile"}},
	{writing, "1:dst", []string{"shutil.copy", "shutil.copy2", "shutil.copyfile"}},
	{deleting, "", []string{
		"os.remove", "os.unlink", "os.rmdir", "os.removedirs", "os.rename", "os.replace", "os.renames", "shutil.rmtree", "shutil.move", "shutil.copytree",
		"pathlib.PurePath().unlink", "pathlib.PurePath().rmdir", "pathlib.PurePath().rename", "pathlib.PurePath().replace",
		"aiofiles.os.remove", "aiofiles.os.unlink", "aiofiles.os.rename", "aiofiles.os.rmdir",
	}},
	{writing, "1:filename", []string{"urllib.request.urlretrieve"}},
	{writing, "", []string{
		"torch.save", "numpy.save", "numpy.savez", "numpy.savez_compressed", "numpy.savetxt", "cv2.imwrite", "pandas.DataFrame().to_csv", "pandas.DataFrame().to_parquet", "pandas.DataFrame().to_json", "pandas.DataFrame().to_pickle",
		"pandas.DataFrame().to_feather", "pandas.DataFrame().to_excel", "pandas.DataFrame().to_hdf", "pandas.DataFrame().to_html", "datasets.Dataset().to_json", "datasets.Dataset().to_csv", "datasets.Dataset().to_parquet",
		"werkzeug.datastructures.FileStorage().save", "pathlib.PurePath().write_text", "pathlib.PurePath().write_bytes", "pathlib.PurePath().touch",
	}},
}

// useOf is what the call at the end of a path does with the file that the data names.
func useOf(path *checks.Path) use {
	c := path.Call
	if c == nil || path.Sink == nil {
		return unused
	}
	switch {
	case path.Sink.Note == models.NoteOutput:
		return writing
	case c.Symbol.Is(openers...):
		return modeOf(c, 1)
	case c.Symbol.Is(pathOpeners...):
		return modeOf(c, 0)
	}
	for _, u := range uses {
		if (u.args == "" || u.args == string(path.Sink.Arg)) && c.Symbol.Is(u.names...) {
			return u.use
		}
	}
	return unused
}

// modeOf is what a file is opened for; unused where that is not known.
func modeOf(c *checks.Call, pos int) use {
	a := c.Arg(pos, "mode")
	if a == nil {
		if c.HasRest() {
			return unused
		}
		return reading
	}
	mode, ok := a.Value.Text()
	switch {
	case !ok:
		return unused
	case strings.ContainsAny(mode, "wax+"):
		return writing
	}
	return reading
}
