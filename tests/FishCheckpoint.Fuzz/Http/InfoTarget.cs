using FishCheckpoint.Checkpoints;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Http;

/// <summary>The part <c>info</c> of a save: what is taken is within its limits, and the same after it was written.</summary>
internal sealed class InfoTarget : FuzzTarget
{
    public override string Name => "info";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        new SaveInfo().ToJson(),
        new SaveInfo(
            new Dictionary<string, double> { ["loss"] = 0.5, ["top"] = double.PositiveInfinity, ["none"] = double.NaN },
            new Dictionary<string, string> { ["run"] = "a1", ["größe"] = "🐟\n" },
            new Dictionary<string, Digest> { ["config.json"] = Digest.Of("{}"u8) }).ToJson(),
    ];

    public override byte[] Mutate(Random random, byte[] input, byte[] other) =>
        random.Next(10) == 0 ? ByteMutator.Mutate(random, input, other) : JsonMutator.Mutate(random, input, other);

    public override string Run(byte[] input)
    {
        var read = SaveInfo.Parse(input).Validate("task/1");
        WrongException.Unless((read.Metrics?.Keys ?? []).Concat(read.Metadata?.Keys ?? []).All(SaveInfo.IsName),
            "A name was taken that cannot be kept.");
        var written = read.ToJson();
        WrongException.Unless(written.Length <= SaveInfo.MaxBytes, "More was taken than is kept.");
        WrongException.Unless(SaveInfo.Parse(written).ToJson().AsSpan().SequenceEqual(written), "It is another one after it was written.");
        return $"{read.Metrics?.Count ?? -1} metrics, {read.Metadata?.Count ?? -1} texts, {read.SideFiles?.Count ?? -1} files";
    }
}
