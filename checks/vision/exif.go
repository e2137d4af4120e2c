package vision

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// carriesText reports whether what a picture says of itself may be any text, and the picture is not the program's own.
func carriesText(p *checks.Pass, path *checks.Path) bool {
	if ownPicture(path.Mark.Call()) {
		return false
	}
	fields := path.Mark.Fields()
	if n := len(fields); n > 0 && numeric(fields[n-1]) {
		return false
	}
	entries := checks.EntriesOf(p, path)
	for _, e := range entries {
		if !isNumber(e.In, e.Expr, 0) {
			return true
		}
	}
	return len(entries) == 0
}

// ownPicture reports whether the picture that a call reads, or of which it reads the metadata, is a file of the program's.
func ownPicture(c *checks.Call) bool {
	for depth := 0; c != nil && depth < 3; depth++ {
		file := c.Arg(0, "fp")
		if c.Symbol.Is("PIL.Image.open") || file != nil && c.Symbol.Is("piexif.load", "exifread.process_file", "exif.Image", "builtins.open") {
			return file != nil && (constantPath(file.Value) || ownPicture(file.Value.Origin()))
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

func constantPath(v *checks.Value) bool {
	_, known := v.PathText().Text()
	return known
}

// numbers are the tags and entries that hold numbers, without underscores and in small letters, and their codes in EXIF.
var numbers = map[string]bool{
	"orientation": true, "isospeedratings": true, "photographicsensitivity": true, "isospeed": true, "iso": true, "imagewidth": true, "imagelength": true, "imageheight": true,
	"exifimagewidth": true, "exifimageheight": true, "exifimagelength": true, "pixelxdimension": true, "pixelydimension": true, "xresolution": true, "yresolution": true, "resolutionunit": true,
	"exposuretime": true, "fnumber": true, "focallength": true, "focallengthin35mmfilm": true, "shutterspeedvalue": true, "aperturevalue": true, "brightnessvalue": true, "exposurebiasvalue": true,
	"maxaperturevalue": true, "subjectdistance": true, "meteringmode": true, "lightsource": true, "flash": true, "exposureprogram": true, "colorspace": true, "whitebalance": true, "exposuremode": true,
	"digitalzoomratio": true, "scenecapturetype": true, "gpslatitude": true, "gpslongitude": true, "gpsaltitude": true,
	"274": true, "34855": true, "256": true, "257": true, "40962": true, "40963": true, "282": true, "283": true, "296": true, "33434": true, "33437": true, "37386": true, "41989": true, "37377": true, "37378": true,
	"37379": true, "37380": true, "37381": true, "37382": true, "37383": true, "37384": true, "37385": true, "34850": true, "40961": true, "41987": true, "41986": true, "41988": true, "41990": true,
	// Of Image.info.
	"dpi": true, "gamma": true, "transparency": true, "iccprofile": true, "exif": true, "duration": true, "loop": true, "version": true, "jfif": true, "jfifversion": true, "jfifunit": true, "jfifdensity": true,
	"background": true, "aspect": true, "progressive": true, "progression": true, "compression": true, "interlace": true, "adobe": true, "adobetransform": true, "mp": true, "mpoffset": true, "timestamp": true,
	"sizes": true, "chromaticity": true, "srgb": true, "hasexif": true,
}

// numeric reports whether a tag holds a number: "Orientation", "Image Orientation", "274".
func numeric(tag string) bool {
	tag = tag[strings.LastIndexByte(tag, ' ')+1:]
	return numbers[strings.ToLower(strings.ReplaceAll(tag, "_", ""))]
}

// isNumber reports whether an expression reads a tag that holds a number, or computes.
func isNumber(m *checks.Module, e ast.Expr, depth int) bool {
	if depth > 8 {
		return false
	}
	switch n := e.(type) {
	case *ast.Name:
		body := m.File.Body
		if def := m.FunctionAround(n); def != nil {
			body = def.Body
		}
		given := checks.LastAssigned(body, n)
		return given != nil && isNumber(m, given, depth+1)
	case *ast.BinOp:
		switch n.Op {
		case "-", "/", "//", "**", "*":
			_, text := n.Left.(*ast.Str)
			return !text
		case "+":
			return isNumber(m, n.Left, depth+1) || isNumber(m, n.Right, depth+1)
		}
	case *ast.Subscript:
		return isNumericKey(m, n.Index) || isNumber(m, n.Value, depth+1)
	case *ast.Attribute: // a picture of the library exif, or a value of piexif and others
		return numeric(n.Attr.Id) || isNumber(m, n.Value, depth+1)
	case *ast.Call:
		at, method := n.Fn.(*ast.Attribute)
		switch name := checks.LastName(n.Fn); {
		case name == "str" && len(n.Args) == 1:
			return isNumber(m, n.Args[0], depth+1)
		case name == "get" && method && len(n.Args) > 0:
			return isNumericKey(m, n.Args[0])
		case method:
			return isNumber(m, at.Value, depth+1)
		}
	}
	return false
}

// isNumericKey reports whether the key of an entry is the tag of a number: Base.Orientation, "Orientation", 0x0112.
func isNumericKey(m *checks.Module, e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Number:
		return numeric(n.Text) || strings.EqualFold(n.Text, "0x0112") || strings.EqualFold(n.Text, "0x8827")
	case *ast.Str:
		return numeric(n.Value)
	case *ast.Attribute:
		if n.Attr.Id == "value" {
			return isNumericKey(m, n.Value)
		}
		return numeric(n.Attr.Id)
	case *ast.Name:
		return numeric(n.Id)
	}
	return false
}
