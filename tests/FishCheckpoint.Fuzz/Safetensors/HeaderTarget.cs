using FishCheckpoint.Contract;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Safetensors;

/// <summary>A safetensors file: what is taken covers its bytes exactly, and says the same after it was written again.</summary>
internal sealed class HeaderTarget : FuzzTarget
{
    private const int MaxHeader = 1 << 20;

    public override string Name => "safetensors";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        TestModel.Create(
            1, null, new TensorInfo("w", DType.F32, [3, 5]), new TensorInfo("b", DType.BF16, [7]),
            new TensorInfo("empty", DType.F16, [0, 4]), new TensorInfo("s", DType.I64, []))
            .ToBytes(),
        TestModel.Create(2, new Dictionary<string, string> { ["format"] = "pt", ["né"] = "\u0001" },
        [.. DTypes.All.Select(type => new TensorInfo($"of {type}", type, [8]))]).ToBytes(),
        TestModel.Create(3, null).ToBytes(),
        SafetensorsBytes.Join("{}"u8.ToArray(), []),
        SafetensorsBytes.Join("""{"a":{"data_offsets":[0,2],"shape":[2],"dtype":"U8"},"__metadata__":{}}     """u8.ToArray(), [1, 2]),
    ];

    public override byte[] Mutate(Random random, byte[] input, byte[] other) => SafetensorsBytes.Mutate(random, input, other);

    public override string Run(byte[] input)
    {
        var path = Folder["model.safetensors"];
        File.WriteAllBytes(path, input);
        using var file = ModelFolder.Open(path, MaxHeader);
        var header = file.Files.Files[0].Header;
        var covered = 0L;
        foreach (var tensor in header.Tensors)
        {
            WrongException.Unless(
                tensor.Begin == covered && tensor.Info.Bytes >= 0 && tensor.Info.Units * tensor.Info.UnitSize == tensor.Info.Bytes,
                "A tensor is not where the one before it ends.");
            covered += tensor.Info.Bytes;
        }

        WrongException.Unless(
            header.FileLength == input.Length && header.DataStart + covered == input.Length, "The tensors do not cover the file.");
        ReadAll(file, input, header);
        var again = HeaderParser.Parse(
            HeaderWriter.Create(header.Tensors.Select(tensor => tensor.Info), header.HasMetadata ? header.Metadata : null).Json, "again");
        WrongException.Unless(
            again.Tensors.Select(tensor => tensor.Info).ToHashSet().SetEquals(header.Tensors.Select(tensor => tensor.Info))
            && again.Metadata.Count == header.Metadata.Count,
            "A header says another thing after it was written again.");
        return $"{Math.Min(3, header.Tensors.Count)} tensors, {Math.Min(2, header.Metadata.Count)} of metadata, "
            + $"{string.Join(' ', header.Tensors.Select(tensor => tensor.Info.Type).Distinct().Take(2))}";
    }

    private static void ReadAll(ModelFolder file, byte[] input, SafetensorsHeader header)
    {
        var room = new byte[Blocks.Size];
        for (var tensor = 0; tensor < file.Layout.Tensors.Count; tensor++)
        {
            var info = file.Layout.Tensors[tensor];
            WrongException.Unless(
                file.Layout.TryIndexOf(info.Name, out var index) && index == tensor, $"{info.Name} is not found by its name.");
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                var part = room.AsSpan(0, Blocks.LengthOf(info, block));
                file.ReadBlock(tensor, block, part);
                var begin = header.Tensors.First(stored => stored.Info.Name == info.Name).Begin + (block * Blocks.Size);
                WrongException.Unless(
                    part.SequenceEqual(input.AsSpan((int)(header.DataStart + begin), part.Length)),
                    $"{info.Name} is read from another place.");
            }
        }
    }
}
