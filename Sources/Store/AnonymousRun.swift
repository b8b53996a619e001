import ExperimentFile
import Results
import Support

extension ReportOptions {
  /// Leaves out what templates of one's own are called.
  mutating func hideTemplates() {
    for index in templates.indices
    where templates[index].written.contains("/") || templates[index].written.hasSuffix(".md") {
      let name = index == 0 ? "template.md" : "template-\(index + 1).md"
      templates[index] = ExperimentPath(written: name, resolved: name)
    }
  }
}

extension StoredRun {
  /// The run for a report that tells nobody's name: without authors, and without the names of the experiment file, of
  /// weights files and of a template of one's own. Hashes stay, so that whoever has the files can tell that they are the
  /// same; so do the images' paths below the data's root, which the rows of `results.csv` are called by.
  public var anonymous: StoredRun {
    var run = self
    run.experimentFile = "experiment.yaml"
    run.experiment.report.isAnonymous = true
    run.experiment.report.authors = []
    run.name = "experiment"
    for index in run.models.indices { run.models[index].weightsFile = "weights-\(index + 1)" }
    run.experiment.report.hideTemplates()
    run.overrides = run.overrides.map { argument in
      guard let override = try? Override(argument) else { return argument }
      // A whole list of models names their files as well.
      let namesFile = override.isPath || models.contains { override.value.contains($0.weightsFile) }
      guard namesFile || override.key.hasPrefix("report.authors") else { return argument }
      return "\(override.key)=(left out)"
    }
    return run
  }
}
