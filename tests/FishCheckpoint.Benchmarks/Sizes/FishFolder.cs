using System.Runtime.InteropServices;
using System.Text.Json;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>The corpus's training on a FISH mask: a base, masks, and patches of the steps that were saved.</summary>
internal sealed class FishFolder(string folder)
{
    /// <summary>The base's file.</summary>
    public string BasePath => Path.Combine(folder, "base.safetensors");

    /// <summary>The base.</summary>
    public Checkpoint Base { get; } = Checkpoint.Load(Path.Combine(folder, "base.safetensors"));

    /// <summary>The steps that were saved, with their patches.</summary>
    public IReadOnlyList<(long Step, string Path)> Steps { get; } =
    [
        .. Directory.EnumerateFiles(folder, "step-*.safetensors").Order(StringComparer.Ordinal)
            .Select(path => (long.Parse(Path.GetFileNameWithoutExtension(path)["step-".Length..]), path)),
    ];

    /// <summary>The positions in a file of the folder.</summary>
    public Mask Mask(string file)
    {
        var positions = Checkpoint.Load(Path.Combine(folder, file));
        return Masks.Mask.Create(Base.Layout, positions.Layout.Tensors.Select((info, index) =>
        {
            var name = info.Name[..^SparsePatchReader.IndicesSuffix.Length];
            return Base.Layout.TryIndexOf(name, out var tensor)
                ? new TensorMask(tensor, MemoryMarshal.Cast<byte, long>(positions.Tensors[index]).ToArray())
                : throw new InvalidDataException($"The base has no tensor {name}.");
        }));
    }

    /// <summary>The whole model of a step.</summary>
    public Checkpoint Model(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var (reader, chunk, model) = (new SparsePatchReader(file, Base.Layout), new DeltaChunk(), Base.Copy());
        while (reader.Read(chunk))
        {
            Units.Scatter(model.Tensors[chunk.Tensor], chunk.Positions, 0, chunk.UnitSize, chunk.Values);
        }

        return model;
    }

    /// <summary>The last two steps as whole models.</summary>
    public Pair LastPair(string training) => new(
        $"float32, FISH mask: steps {Steps[^2].Step} and {Steps[^1].Step}, as whole models: {training}", Model(Steps[^2].Path),
        Model(Steps[^1].Path));
}

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
        var steps = records.Single(record => record.TryGetProperty("pair", out var name) && name.GetString() == pair).GetProperty("steps")
            .GetInt32();
        return $"{steps} {(steps == 1 ? "step" : "steps")} of AdamW at {records[0].GetProperty("rate").GetDouble():0e-0}";
    }

    /// <summary>The trainings on a FISH mask that are there: their folders, and how they train.</summary>
    public IEnumerable<(string Folder, string Training)> FishRuns =>
        new[] { "fish", "fish-decay" }.Where(name => root.GetProperty("parts").TryGetProperty(name, out _))
        .Select(name => (name, Describe(root.GetProperty("parts").GetProperty(name))));

    private static string Describe(JsonElement run) =>
        run.TryGetProperty("schedule", out var schedule) && schedule.GetString() != "constant"
        ? $"as the paper trains, Adam at {run.GetProperty("rate").GetDouble():0e-0}, {schedule.GetString()}, batches of "
        + $"{run.GetProperty("batch").GetInt32()}"
        : "Adam at a constant 1e-3";

    /// <summary>What a training on a FISH mask did to the loss, in nats a byte.</summary>
    public string LossOf(string fish)
    {
        var run = root.GetProperty("parts").GetProperty(fish);
        var tested = run.TryGetProperty("tested_loss", out var loss);
        loss = tested ? loss : run.GetProperty("loss");
        return $"The loss {(tested ? "on the same text" : "of the first and the last steps")} fell from {loss[0].GetDouble():0.000} to "
            + $"{loss[1].GetDouble():0.000}.";
    }
}
