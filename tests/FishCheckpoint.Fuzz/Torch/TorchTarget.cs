using System.Buffers.Binary;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Torch;

namespace FishCheckpoint.Fuzz.Torch;

/// <summary>
/// A PyTorch file: a pickle, and storages around it. An input is the one byte that says which kind of file is made, and the pickle; or a
/// whole file. What is taken is a safetensors file whose tensors have the bytes of their storages.
/// </summary>
internal sealed class TorchTarget : FuzzTarget
{
    private const byte Archive = 0;
    private const byte Legacy = 1;
    private const byte Whole = 2;

    private static readonly byte[] Data = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    public override string Name => "torch";

    public override IReadOnlyList<byte[]> Seeds { get; } = Seed();

    // Most programs that are changed anywhere say nothing any more, so half of all inputs are whole ones in which one number is another.
    public override byte[] Mutate(Random random, byte[] input, byte[] other) => random.Next(8) switch
    {
        < 4 => Seeds[random.Next(Seeds.Count)] is var seed ? [seed[0], .. Number(random, seed[1..])] : input,
        < 6 when input.Length > 1 => [input[0], .. Opcodes(random, input[1..])],
        < 7 when input.Length > 1 => [input[0], .. ByteMutator.Mutate(random, input[1..], other.Length > 0 ? other[1..] : other)],
        _ => ByteMutator.Mutate(random, input, other),
    };

    public override string Run(byte[] input)
    {
        var path = Folder["model.pt"];
        var kind = input.Length == 0 ? Archive : (byte)(input[0] % 3);
        var rest = input.Length == 0 ? input : input[1..];
        File.WriteAllBytes(path, kind switch
        {
            Archive => TorchBytes.Archive(rest, ("0", Data), ("1", Data[..16])),
            Legacy => TorchBytes.Legacy(rest, ("0", 64, Data), ("1", 2, Data[..16])),
            _ => rest,
        });
        using var model = TorchModel.Open(path);
        using var stream = model.AsStream();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var file = bytes.ToArray();
        WrongException.Unless(
            file.Length == model.Header.FileLength && file.AsSpan(0, (int)model.Header.DataStart).SequenceEqual(model.Header.ToFileBytes()),
            "The stream is not the file that its header tells of.");
        HeaderParser.Parse(model.Header.Json, "again", model.Header.DataLength);
        if (kind != Whole)
        {
            // Every byte comes out of a storage, so nothing but those of the storages can be there.
            WrongException.Unless(
                bytes.Length - model.Header.DataStart <= 16 * new FileInfo(path).Length, "There are more tensors than the file is worth.");
        }

        return $"kind {kind}, {Math.Min(3, model.Header.Tensors.Count)} tensors, "
            + $"{string.Join(' ', model.Header.Tensors.Select(tensor => tensor.Info.Type).Distinct().Take(2))}";
    }

    private static byte[][] Seed()
    {
        var small = PickleBytes.Of(
            p =>
            p.Map(
                ("w", v => v.Tensor("0", 64, 0, [8, 8], [8, 1])), ("t", v => v.Tensor("0", 64, 3, [4, 2], [1, 9])),
                ("v", v => v.Tensor("1", 2, 1, [], [], "LongStorage"))));
        var nested = PickleBytes.Of(p => p.Map(
            ("model", v => v.Map(("w", w => w.Tensor("0", 64, 0, [64], [1])))), ("step", v => v.Int(7)),
            ("shape", v => v.Global("torch", "Size").Ints(1, 2).Raw(0x85).Op('R')),
            ("other", v => v.Tensor("1", 2, 0, [2], [1], "LongStorage")),
            ("scalar", v => v.Global("numpy.core.multiarray", "scalar").Global("numpy", "dtype")
                .Tuple(t => t.Text("i8"), t => t.Raw(0x89), t => t.Raw(0x88)).Op('R')
                .Tuple(
                    t => t.Int(3), t => t.Text("<"), t => t.Op('N'), t => t.Op('N'), t => t.Op('N'), t => t.Int(-1), t => t.Int(-1),
                    t => t.Int(0)).Op('b')
                .Global("_codecs", "encode").Text("\u0001\0\0\0\0\0\0\0").Text("latin1").Raw(0x86).Op('R').Raw(0x86).Op('R'))));
        var later = PickleBytes.Of(p => p.Map(
            ("w", v => v.Global("torch._utils", "_rebuild_tensor_v3").Tuple(
                t => t.Tuple(s => s.Text("storage"), s => s.Global("torch.storage", "UntypedStorage"), s => s.Text("0"), s => s.Text("cpu"),
                s => s.Int(256)).Op('Q'),
                t => t.Int(0), t => t.Ints(16, 16), t => t.Ints(1, 16), t => t.Raw(0x89), t => t.Op('}'),
                    t => t.Global("torch", "float8_e4m3fn")).Op('R'))));
        return
        [
            [Archive, .. small], [Legacy, .. small], [Archive, .. nested], [Legacy, .. nested], [Archive, .. later],
            [Whole, .. TorchBytes.Archive(small, ("0", Data), ("1", Data[..16]))],
            [Whole, .. TorchBytes.Legacy(nested, ("0", 64, Data), ("1", 2, Data[..16]))],
        ];
    }

    // One of the numbers that the seeds' writer writes in eight bytes, by a little or by much.
    private static byte[] Number(Random random, byte[] pickle)
    {
        var (at, changed) = (random.Next(pickle.Length), pickle.ToArray());
        if (pickle.AsSpan(at).IndexOf([(byte)0x8a, (byte)8]) is var number and >= 0 && at + number + 10 <= pickle.Length)
        {
            var place = changed.AsSpan(at + number + 2, 8);
            var value = BinaryPrimitives.ReadInt64LittleEndian(place);
            BinaryPrimitives.WriteInt64LittleEndian(place, random.Next(3) > 0 ? value + random.Next(-3, 4) : ByteMutator.Number(random));
        }

        return changed;
    }

    // Other opcodes, and pieces of the program again: what bytes alone find late.
    private static byte[] Opcodes(Random random, byte[] pickle)
    {
        ReadOnlySpan<byte> known = "(.01NJKMGTUXBC)tael}sudcRbQhjqrioPIL"u8;
        byte[] late =
            [0x80, 0x81, 0x82, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96];
        var at = random.Next(pickle.Length);
        switch (random.Next(3))
        {
            case 0:
                return [.. pickle[..at], random.Next(2) == 0 ? known[random.Next(known.Length)] : late[random.Next(late.Length)],
                    .. pickle[at..]];
            case 1:
                var end = at + random.Next(pickle.Length - at + 1);
                return [.. pickle[..end], .. pickle[at..]];
            default:
                return [.. pickle[..at], .. pickle[Math.Min(pickle.Length, at + 1 + random.Next(8))..]];
        }
    }
}
