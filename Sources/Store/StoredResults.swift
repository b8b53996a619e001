import Results
import Support

extension ResultsStore {
  /// Everything that a report on a run is made of: the rows and the pictures when they are asked for, what follows from all
  /// rows now.
  /// - Parameters:
  ///   - maker: of pictures that are not stored; nil leaves them out.
  ///   - table: gets `results.csv` part by part, out of the one reading of all rows that there is.
  /// - Throws: `Problem` when a row is missing or damaged, or the table cannot be written.
  public func results(
    of run: StoredRun, pictures maker: (any PictureMaker)? = nil, table: ResultsTable? = nil
  ) throws(Problem) -> ExperimentResults {
    let experiment = run.experiment
    try readsInOrder()
    let rows = try StoredMeasurements(run, in: self)
    var results = ExperimentResults(
      title: experiment.title, seed: UInt64(experiment.seed), models: run.models, images: run.images,
      classNames: run.classNames, epsilons: experiment.epsilons, attacks: experiment.attacks,
      explanations: experiment.explain.methods, targets: experiment.explain.targets,
      measures: experiment.compare.measures, measurements: [], options: experiment.optionRecords,
      provenance: rows.environments.replacing(run.provenance), skipped: run.skipped,
      pictures: StorePictures(store: self, run: run, maker: maker))
    results.resamples = experiment.resamples
    results.control = run.controlImages
    results.labels = experiment.data.labels
    for model in run.models {
      if let maps = model.maps { results.grids[model.key] = maps.grid(measures: Set(results.measureKeys)) }
    }
    results.rows = rows
    results.notes = run.notes ?? []
    let isAnew = table?.isWrittenAnew == true
    let findings = StoredFindings(of: rows, isAnew: isAnew)
    if isAnew { findings.forget() }
    results.findings = findings
    let isRead = try table?.make(in: self) { () throws(Problem) in
      try findings.content
    } _: { [results] (append) throws(Problem) in
      let csv = ResultsCSV(results)
      try append(csv.head)
      try results.read { (rows) throws(Problem) in
        csv.lines(rows)
      } consume: { (lines) throws(Problem) in
        try append(lines)
      }
    }
    if isRead != true { try results.read() }
    results.warnings =
      (run.warnings ?? []) + rows.environments.warnings + results.accuracyWarnings + results.driftWarnings
    return results
  }
}
