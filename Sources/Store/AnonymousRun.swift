import ExperimentFile
import Results
import Support

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
    let template = run.experiment.report.template
    if template.written.contains("/") || template.written.hasSuffix(".md") {
      run.experiment.report.template = ExperimentPath(written: "template.md", resolved: "template.md")
    }
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
