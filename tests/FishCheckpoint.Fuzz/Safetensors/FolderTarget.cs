using FishCheckpoint.Contract;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Frames;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Safetensors;

/// <summary>A sharded model: the index, and then its shards. What is taken has each tensor where the index says.</summary>
internal sealed class FolderTarget : FuzzTarget
{
    private const int MaxHeader = 1 << 20;

    public override string Name => "folders";

    public override IReadOnlyList<byte[]> Seeds { get; } = [Sharded(2), Sharded(1), Sharded(3), FrameInput.Write([[], Shard(1)])];

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var (parts, others) = (FrameInput.Read(input), FrameInput.Read(other));
        if (parts.Count == 0 || others.Count == 0 || random.Next(10) == 0)
        {
            return ByteMutator.Mutate(random, input, other);
        }

        var which = random.Next(3) > 0 ? 0 : random.Next(parts.Count);
        parts[which] = which == 0 ? JsonMutator.Mutate(random, parts[0], others[0])
            : SafetensorsBytes.Mutate(random, parts[which], others[^1]);
        return FrameInput.Write(parts);
    }

    public override string Run(byte[] input)
    {
        var parts = FrameInput.Read(input);
        foreach (var old in Directory.EnumerateFiles(Folder.Path))
        {
            File.Delete(old);
        }

        for (var part = 0; part < parts.Count; part++)
        {
            if (parts[part].Length > 0)
            {
                File.WriteAllBytes(Folder[part == 0 ? ShardIndex.FileName : NameOf(part)], parts[part]);
            }
        }

        using var model = ModelFolder.Open(Folder.Path, MaxHeader);
        WrongException.Unless(
            model.Layout.Tensors.Select(tensor => tensor.Name).Distinct(StringComparer.Ordinal).Count() == model.Layout.Tensors.Count,
            "A tensor stands in two shards.");
        for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
        {
            var info = model.Layout.Tensors[tensor];
            if (info.Bytes > 0)
            {
                model.ReadBlock(tensor, 0, new byte[Blocks.LengthOf(info, 0)]);
            }
        }

        ShardIndex.Check(ShardIndex.Create(model.Files), model.Files);
        return $"{model.Files.Files.Count} shards, {(model.SideFiles.Count > 0 ? "an index" : "no index")}";
    }

    private static string NameOf(int part) => $"model-{part:D5}-of-00002.safetensors";

    private static byte[] Sharded(int shards)
    {
        byte[][] files = [.. Enumerable.Range(1, shards).Select(Shard)];
        var model = new ModelFiles(files.Select((file, index) =>
        {
            SafetensorsBytes.TrySplit(file, out var header, out _);
            return new ModelFile(NameOf(index + 1), HeaderParser.Parse(header, "seed"));
        }));
        return FrameInput.Write([ShardIndex.Create(model), .. files]);
    }

    private static byte[] Shard(int number) =>
        TestModel.Create(
            number, null, new TensorInfo($"w{number}", DType.F32, [2, 3]), new TensorInfo($"b{number}", DType.BF16, [number])).ToBytes();
}
