using System.Runtime.InteropServices;
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
            return Base.Layout.TryIndexOf(name, out var tensor) ? new TensorMask(tensor, MemoryMarshal.Cast<byte, long>(positions.Tensors[index]).ToArray())
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
        $"float32, FISH mask: steps {Steps[^2].Step} and {Steps[^1].Step}, as whole models: {training}", Model(Steps[^2].Path), Model(Steps[^1].Path));
}
