using System.Text.Json;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>What the maker of the corpus says about it: <c>corpus.json</c>.</summary>
internal sealed class Corpus(string folder)
{
    private readonly JsonElement root = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "corpus.json"))).RootElement;

    /// <summary>With what it was made.</summary>
    public string Made => $"PyTorch {root.GetProperty("torch").GetString()}, Python {root.GetProperty("python").GetString()}";

    /// <summary>How far apart the models of a pair are.</summary>
    public string Describe(string type, string pair)
    {
        var records = root.GetProperty("parts").GetProperty(type).EnumerateArray().ToList();
        var steps = records.Single(record => record.TryGetProperty("pair", out var name) && name.GetString() == pair).GetProperty("steps").GetInt32();
        return $"{steps} {(steps == 1 ? "step" : "steps")} of AdamW at {records[0].GetProperty("rate").GetDouble():0e-0}";
    }

    /// <summary>The trainings on a FISH mask that are there: their folders, and how they train.</summary>
    public IEnumerable<(string Folder, string Training)> FishRuns => new[] { "fish", "fish-decay" }.Where(name => root.GetProperty("parts").TryGetProperty(name, out _))
        .Select(name => (name, Describe(root.GetProperty("parts").GetProperty(name))));

    private static string Describe(JsonElement run) => run.TryGetProperty("schedule", out var schedule) && schedule.GetString() != "constant"
        ? $"as the paper trains, Adam at {run.GetProperty("rate").GetDouble():0e-0}, {schedule.GetString()}, batches of {run.GetProperty("batch").GetInt32()}"
        : "Adam at a constant 1e-3";

    /// <summary>What a training on a FISH mask did to the loss, in nats a byte.</summary>
    public string LossOf(string fish)
    {
        var run = root.GetProperty("parts").GetProperty(fish);
        var tested = run.TryGetProperty("tested_loss", out var loss);
        loss = tested ? loss : run.GetProperty("loss");
        return $"The loss {(tested ? "on the same text" : "of the first and the last steps")} fell from {loss[0].GetDouble():0.000} to {loss[1].GetDouble():0.000}.";
    }
}
