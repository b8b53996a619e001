import Figures
import Notebooks
import Results
import Testing

@Suite struct NamingTests {
  @Test func mainSeriesHaveTheirModelsColours() throws {
    let made = MadeUpResults(
      models: ["a", "b"], names: ["A", "B"], imageCount: 2, epsilons: [0.1], layers: (1...9).map { "conv\($0)" })
    let summaries = try made.results.summarise()
    let naming = SeriesNaming(summaries, of: made.results)
    let mains = summaries.filter { $0.layer == "conv9" }
    #expect(mains.map(naming.style) == [Palette.style(0), Palette.style(1)])
    #expect(Set(summaries.map(naming.style)).count == 18)
  }
}
