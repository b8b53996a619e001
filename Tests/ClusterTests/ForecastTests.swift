import Testing

@testable import Cluster

@Suite struct ForecastTests {
  @Test func aShardsTime() {
    let forecast = TimeForecast(
      models: [.init(name: "VGG16", loading: 2, image: 0.7), .init(name: "ResNet50", loading: 1, image: 0.3)],
      images: 10_000, shards: 100, processors: 2)
    // 100 images, and 3 times 10 more.
    #expect(forecast.mostImages == 130)
    #expect(abs(forecast.seconds - (3 + 130 * 0.5)) < 1e-9)
    // 1.5 * 68 + 600 = 702
    #expect(forecast.limit == 900)
    #expect(TimeForecast(models: forecast.models, images: 50, shards: 1, processors: 1).mostImages == 50)
  }

  @Test func limitsAreWholeQuartersOfAnHour() {
    func limit(_ image: Double) -> Int {
      TimeForecast(models: [.init(name: "", loading: 0, image: image)], images: 1, shards: 1, processors: 1).limit
    }
    #expect(limit(0) == 900)
    #expect(limit(200) == 900)
    #expect(limit(201) == 1800)
    #expect(limit(1e300) == 365 * 86_400)
    #expect(TimeForecast(models: [], images: 9, shards: 0, processors: -1).limit == 900)
  }

  @Test func asSlurmWritesIt() {
    #expect(TimeForecast.slurm(900) == "0:15:00")
    #expect(TimeForecast.slurm(5400) == "1:30:00")
    #expect(TimeForecast.slurm(2 * 86_400 + 4500) == "2-01:15:00")
    for (text, seconds) in [
      ("90", 5400), ("90:30", 5430), ("1:30:00", 5400), ("2-1", 176_400), ("2-1:15", 177_300), ("2-01:15:00", 177_300),
    ] {
      #expect(TimeForecast.seconds(slurm: text) == seconds)
    }
    for text in ["", "0", "1h", "-5", "1:2:3:4", "1-2-3", "1-", "+1-2", "::", "1.5", "UNLIMITED", "99999999999"] {
      #expect(TimeForecast.seconds(slurm: text) == nil, "\(text)")
    }
  }
}
