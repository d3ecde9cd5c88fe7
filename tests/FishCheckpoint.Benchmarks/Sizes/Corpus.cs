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
}
