using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Safetensors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Patches;

/// <summary>
/// A sparse patch: what is taken has ascending positions below their tensors' ends, and is the same delta after it was encoded.
/// </summary>
internal sealed class PatchTarget : FuzzTarget
{
    private readonly TestModel model = TestModel.Create(
        1, null,
        [
            new("w", DType.F32, [5, 8]), new("b", DType.BF16, [9]), new("empty", DType.F16, [0]), new("s", DType.I64, []),
            .. DTypes.All.Where(type => DTypes.BitsOf(type) >= 8).Select(type => new TensorInfo($"of.{type}", type, [16])),
        ]);

    private readonly Layout layout;

    public PatchTarget()
    {
        layout = new Layout([.. model.Layout.Tensors, new TensorInfo("packed", DType.F4, [16])]);
        Seeds =
        [
            model.Change(2, 0.2).PatchAgainst(model),
            model.Change(3, 1).PatchAgainst(model, new Dictionary<string, string> { ["format"] = "pt" }), model.PatchAgainst(model),
            .. new[] { DType.I32, DType.U32, DType.U64, DType.I64 }.Select(OfIndices),
            TestModel.Patch(null, (new TensorInfo("packed.indices", DType.I64, [2]), [.. TestModel.Long(1), .. TestModel.Long(7)]),
            (new TensorInfo("packed.values", DType.U8, [2]), [1, 2])),
        ];
    }

    public override string Name => "patches";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] input, byte[] other) => SafetensorsBytes.Mutate(random, input, other);

    public override string Run(byte[] input)
    {
        var path = Folder["patch"];
        File.WriteAllBytes(path, input);
        using var file = SafetensorsFile.Open(path);
        var changes = MemoryModel.Flatten(new SparsePatchReader(file, layout));
        foreach (var (tensor, position, value) in changes)
        {
            var info = layout.Tensors[tensor];
            WrongException.Unless(
                position < info.Units && value.Length == info.UnitSize, $"Position {position} of {info} is past its end.");
        }

        using var encoded = DeltaEncoder.Encode(new SparsePatchReader(file, layout), null, default, new CodecOptions(), Folder.Path);
        using var decoder = new DeltaDecoder(encoded.Mask!, encoded.Values, layout, null);
        var again = MemoryModel.Flatten(decoder);
        WrongException.Unless(
            changes.Count == again.Count && changes.Zip(again).All(pair =>
                pair.First.Tensor == pair.Second.Tensor && pair.First.Position == pair.Second.Position
                && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value)),
            "The delta is another one after it was encoded.");
        return $"{Math.Min(3, changes.Count)} changes of "
            + $"{string.Join(' ', changes.Select(change => layout.Tensors[change.Tensor].Type).Distinct().Take(2))}";
    }

    private static byte[] OfIndices(DType type)
    {
        var size = DTypes.UnitSizeOf(type);
        byte[] indices = [.. new long[] { 0, 3, 39 }.SelectMany(position => BitConverter.GetBytes(position)[..size])];
        return TestModel.Patch(
            null, (new TensorInfo("w.indices", type, [3]), indices), (new TensorInfo("w.values", DType.F32, [3]), new byte[12]));
    }
}
