package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/pyguardml/config"
)

// keptFor is the age at which remembered results are deleted.
const keptFor = 30 * 24 * time.Hour

// project is what the settings of the scanned project say.
type project struct {
	config *config.Config // nil without settings
	// root is the folder of the settings; folder is the working folder, seen from there.
	root, folder string
	// baseline is the file of accepted findings and known what it holds.
	baseline string
	known    []knownFinding
}

// readProject reads the settings: those of --config, or those found for the paths.
func (s *settings) readProject() error {
	if s.noConfig {
		return nil
	}
	file := s.configFile
	var err error
	if file != "" {
		var data []byte
		if data, err = os.ReadFile(file); err != nil {
			return fmt.Errorf("--config: %s: %w", file, withoutPath(err))
		}
		s.project.config, err = config.Parse(file, data)
	} else {
		file, err = s.findSettings()
	}
	if err != nil || s.project.config == nil {
		return err
	}
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	s.project.root = filepath.Dir(file)
	base, err := os.Getwd()
	if err != nil {
		return err
	}
	s.project.folder = s.project.folderOf(base)
	return nil
}

// findSettings looks in the deepest folder that holds all paths, and above.
func (s *settings) findSettings() (file string, err error) {
	dir := ""
	for _, p := range s.paths {
		full, err := filepath.Abs(p)
		if err != nil {
			return "", err
		}
		if !isFolder(full) {
			full = filepath.Dir(full)
		}
		if dir == "" {
			dir = full
		}
		dir = commonFolder(dir, full)
	}
	volume := filepath.VolumeName(dir) + string(filepath.Separator)
	name := filepath.ToSlash(strings.TrimPrefix(dir, volume))
	s.project.config, err = config.Find(os.DirFS(volume), path.Clean("./"+name))
	var wrong *config.Error
	if errors.As(err, &wrong) { // say the same of the file as it is called from here
		file = filepath.Join(volume, filepath.FromSlash(wrong.File))
		if data, failed := os.ReadFile(file); failed == nil {
			if _, again := config.Parse(shownFromHere(file), data); again != nil {
				err = again
			}
		}
	}
	if err != nil || s.project.config == nil {
		return "", err
	}
	return filepath.Join(volume, filepath.FromSlash(s.project.config.File)), nil
}

// folderOf is a folder as it is seen from that of the settings.
func (p *project) folderOf(dir string) string {
	if p.config == nil {
		return ""
	}
	if rel := shown(p.root, dir); rel != "." {
		return rel
	}
	return ""
}

// nameOf is the path of a file from the folder of the settings.
func (p *project) nameOf(file string) string {
	if p.folder == "" || path.IsAbs(file) {
		return file
	}
	return path.Join(p.folder, file)
}

// takes reports whether the settings count a file to the project.
func (p *project) takes(file string) bool {
	return p.config == nil || p.config.Takes(p.nameOf(file))
}

// options joins the settings with the command line, which wins.
func (s *settings) options() (pyguardml.Options, error) {
	var opts pyguardml.Options
	cacheDir, origin := s.cache, "--baseline"
	if s.baseline != "" {
		s.project.baseline = s.baseline
	}
	if c := s.project.config; c != nil {
		opts = c.Options
		opts.Folder = s.project.folder
		if cacheDir == "" && c.Cache != "" {
			cacheDir = filepath.Join(s.project.root, filepath.FromSlash(c.Cache))
		}
		if s.baseline == "" && c.Baseline != "" {
			s.project.baseline = filepath.FromSlash(shownFromHere(filepath.Join(s.project.root, filepath.FromSlash(c.Baseline))))
			origin = filepath.Base(c.File) + ": baseline"
		}
	}
	if s.profile != "" {
		opts.Profile = s.profile
	}
	if len(s.sel) > 0 {
		opts.Select, opts.PathSelects = s.sel, nil
	}
	opts.Ignore = append(opts.Ignore[:len(opts.Ignore):len(opts.Ignore)], s.ignore...)
	opts.Parallelism = s.jobs
	if s.project.baseline != "" && s.writeBaseline == "" {
		known, err := readBaseline(origin, s.project.baseline)
		if err != nil {
			return opts, err
		}
		s.project.known = known
		for _, k := range known {
			if k.Fingerprint != "" {
				opts.Baseline = append(opts.Baseline, k.Fingerprint)
			}
		}
	}
	return opts, s.remember(cacheDir, &opts)
}

// shownFromHere is a path as it is seen from the working folder.
func shownFromHere(full string) string {
	base, err := os.Getwd()
	if err != nil {
		return full
	}
	return shown(base, full)
}

// remember lets results be kept in a folder.
func (s *settings) remember(dir string, opts *pyguardml.Options) error {
	if dir == "" {
		return nil
	}
	cache, err := pyguardml.NewDirCache(dir)
	if err != nil {
		return err
	}
	if _, err := cache.Prune(keptFor); err != nil {
		s.complain("warning", err.Error())
	}
	opts.Cache = cache
	return nil
}
