import Foundation
import Measuring
import Results
import Store
import Support
import Testing

/// Pairs for which a measure has no value, from the pass to the table.
@Suite struct GapTests {
  /// The first image is explained by green when it is attacked, whose map is the same everywhere: it has neither an order nor a
  /// centre. The second keeps its order; the third is explained by red in place of blue, which has the opposite one.
  private func experiment() -> ColourExperiment {
    var experiment = ColourExperiment()
    experiment.measures = "measures: [nissim, rank, centre]"
    return experiment
  }

  @Test func anImageWithoutAValueCountsInNoMeanOfThatMeasure() throws {
    let results = try #require(try experiment().run().results)
    let attacked = results.measurements.filter { $0.epsilon == 0.2 }
    #expect(attacked.map { $0.dissimilarities[1].isNaN } == [true, false, false])
    #expect(attacked.map { $0.dissimilarities[2].isNaN } == [true, false, false])
    #expect(attacked[1].dissimilarities[1] == 0 && attacked[2].dissimilarities[1] == 1)
    // Weights of 1 on the left half and 0 on the right, and the other way round: half a width apart.
    #expect(abs(attacked[2].dissimilarities[2] - 0.5) < 1e-6)
    #expect(results.measurements.filter { $0.epsilon == 0 }.allSatisfy { $0.dissimilarities == [0, 0, 0] })

    let series = try results.summarise()
    #expect(series.map(\.measure) == ["nissim", "rank", "centre"])
    #expect(series.map(\.imageCount) == [3, 2, 2] && series.map(\.valuelessCount) == [0, 1, 1])
    #expect(series[1].levels[0].mod.value == 0.5 && series[1].levels[0].dissimilarities == [0, 1])
    #expect(results.completeImages(of: series[1].identity).map(\.path) == ["green/b.png", "blue/c.png"])
    #expect(results.completeImages(of: series[0].identity).count == 3)
    let counts = results.rowCounts(of: series[1])
    #expect(counts.map(\.valueless) == [0, 1] && counts.map(\.greatest) == [0, 1] && counts.map(\.rows) == [3, 3])

    let lines = try ResultsCSV.text(results).split(separator: "\n")
    #expect(lines[0].contains(",attack,explanation,rank,centre,model_name,"))
    #expect(lines[2].contains(",0.2,0,1,") && lines[2].contains(",fgsm,grad-cam,,,VGG16,"))
    #expect(lines[4].contains(",fgsm,grad-cam,0.0,0.0,") || lines[4].contains(",fgsm,grad-cam,0.0,"))
  }

  @Test func noValueIsStoredReadCheckedAndMadeAgain() throws {
    let experiment = experiment()
    let plan = try experiment.plan()
    let first = try experiment.run()
    #expect(first.outcome.computedRows == 18)
    let second = try experiment.run()
    #expect(second.outcome.computedRows == 0 && second.outcome.storedRows == 18)
    let store = try experiment.store()
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: RunOutcome(), software: [], template: nil)
    try store.save(run)
    let check = try store.check()
    #expect(check.faults == [] && check.measurements == 18)
    let made = try store.recomputeDrift(of: run)
    #expect(made.identical == 6 && made.measurements == 6 && made.isWithinBounds)
    let again = try store.recompute(run, plan: plan, count: 3, seed: 1, engine: ColourEngine(), threads: 2)
    #expect(again.identical == 6 && again.isWithinBounds)
    let lines = try store.export(.csv).split(separator: "\n", omittingEmptySubsequences: false)
    let head = lines[0].split(separator: ",", omittingEmptySubsequences: false)
    let (measure, rank) = (try #require(head.firstIndex(of: "measure")), try #require(head.firstIndex(of: "rank")))
    let ranks = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      .filter { $0.count == head.count && $0[measure] == "rank" }.map { $0[rank] }
    #expect(ranks.sorted() == ["", "0.0", "0.0", "0.0", "0.0", "1.0"])
  }

  @Test func aSeriesWithoutAnyValueSaysSo() throws {
    var experiment = experiment()
    experiment.images = [experiment.images[0]]
    let results = try #require(try experiment.run().results)
    let (complete, problems) = results.summaries()
    #expect(complete.map(\.measure) == ["nissim"])
    #expect(
      problems.map(\.message)
        == ["rank distance", "centre shift"].map {
          "\($0) has no value on any image of VGG16, \($0) at layer again (predicted): at some level one map of each image has no "
            + "peak, being dead or the same everywhere"
        })
  }

  /// A value on one side only is no small difference; what neither has is none.
  @Test func reportsAreCompared() throws {
    var experiment = experiment()
    experiment.measures = "measures: [rank]"
    let folder = try #require(experiment.folder).path
    let results = try #require(try experiment.run().results)
    let run = StoredRun(
      file: try experiment.file(), plan: try experiment.plan(), engine: "colours 1", outcome: RunOutcome(),
      software: [],
      template: nil)
    let text = try ResultsCSV.text(results)
    for (name, table) in [("a", text), ("b", text.replacing(",0.2,0,1,,", with: ",0.2,0,1,0.25,"))] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      try Data(run.provenanceJSON()).write(to: URL(filePath: "\(folder)/\(name)/provenance.json"))
      try Data(table.utf8).write(to: URL(filePath: "\(folder)/\(name)/results.csv"))
    }
    #expect(try ReportComparison("\(folder)/a", "\(folder)/a").differences == [])
    #expect(
      try ReportComparison("\(folder)/a", "\(folder)/b").differences == [
        ReportComparison.Difference(
          section: "numbers",
          name:
            "MOD of vgg16 at again, predicted, fgsm, grad-cam, epsilon 0.2; 1 of 3 have a value in one of them only",
          former: "0.5", latter: "\(1.25 / 3)")
      ])
  }
}
