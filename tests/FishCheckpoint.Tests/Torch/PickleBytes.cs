using System.Buffers.Binary;
using System.Text;

namespace FishCheckpoint.Tests.Torch;

/// <summary>Writes pickles opcode by opcode: well-behaved ones, and others.</summary>
internal sealed class PickleBytes
{
    private readonly List<byte> bytes = [0x80, 2];

    public static byte[] Of(Action<PickleBytes> write)
    {
        var pickle = new PickleBytes();
        write(pickle);
        return [.. pickle.bytes, (byte)'.'];
    }

    public PickleBytes Raw(params ReadOnlySpan<byte> raw)
    {
        bytes.AddRange(raw);
        return this;
    }

    public PickleBytes Op(char opcode) => Raw((byte)opcode);

    public PickleBytes Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleBytes Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').U32((uint)utf8.Length).Raw(utf8);
    }

    public PickleBytes Int(long number)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, number);
        return Raw(0x8a, 8).Raw(value);
    }

    public PickleBytes U32(uint number) => Raw(BitConverter.GetBytes(number));

    public PickleBytes Tuple(params Action<PickleBytes>[] items)
    {
        Op('(');
        Array.ForEach(items, item => item(this));
        return Op('t');
    }

    public PickleBytes Ints(params long[] numbers) =>
        Tuple([.. numbers.Select(number => (Action<PickleBytes>)(pickle => pickle.Int(number)))]);

    /// <summary>A storage, by its persistent id.</summary>
    public PickleBytes Storage(string key, long count, string type = "FloatStorage") =>
        Tuple(p => p.Text("storage"), p => p.Global("torch", type), p => p.Text(key), p => p.Text("cpu"), p => p.Int(count)).Op('Q');

    /// <summary>A tensor.</summary>
    public PickleBytes Tensor(string key, long count, long offset, long[] size, long[] stride, string type = "FloatStorage") =>
        Global("torch._utils", "_rebuild_tensor_v2")
        .Tuple(
            p => p.Storage(key, count, type), p => p.Int(offset), p => p.Ints(size), p => p.Ints(stride), p => p.Raw(0x89),
            p => p.Global("collections", "OrderedDict").Op(')').Op('R'))
        .Op('R');

    /// <summary>A map of one tensor.</summary>
    public PickleBytes Map(params (string Name, Action<PickleBytes> Value)[] entries)
    {
        Op('}').Op('(');
        Array.ForEach(entries, entry => entry.Value(Text(entry.Name)));
        return Op('u');
    }
}
