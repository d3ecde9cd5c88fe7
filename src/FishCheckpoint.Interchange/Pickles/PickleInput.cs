using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Patching;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>Reads a pickle sequentially. Whatever a length announces, it allocates no more than the input has.</summary>
/// <param name="source">Reads bytes from an offset.</param>
/// <param name="begin">The offset of the pickle.</param>
/// <param name="length">The number of bytes from there on.</param>
/// <param name="key">The file, for errors.</param>
internal sealed class PickleInput(Action<long, Span<byte>> source, long begin, long length, string key)
    : RegionReader(source, begin, length)
{
    private const int MaxLineLength = 512;

    /// <summary>The file, for errors.</summary>
    public string Key => key;

    /// <summary>An eight-byte length.</summary>
    public long Length64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes) is var value and >= 0 ? value : throw Ended();
    }

    public double F64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    /// <summary>That many bytes, as a new array.</summary>
    public byte[] Bytes(long count)
    {
        Require(count);
        var bytes = new byte[count];
        Read(bytes);
        return bytes;
    }

    /// <summary>That many bytes of UTF-8.</summary>
    public string Text(long count)
    {
        var bytes = Bytes(count);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw PickleErrors.Invalid(key, "A text is not in UTF-8.");
    }

    /// <summary>A line without its end.</summary>
    public string Line()
    {
        var line = new List<byte>();
        for (var letter = U8(); letter != (byte)'\n'; letter = U8())
        {
            line.Add(line.Count < MaxLineLength ? letter
                : throw PickleErrors.Invalid(key, $"A name is longer than {MaxLineLength} bytes."));
        }

        return Utf8.IsValid(line.ToArray())
            ? Encoding.UTF8.GetString(line.ToArray()) : throw PickleErrors.Invalid(key, "A name is not in UTF-8.");
    }

    /// <summary>Refuses a length beyond the input.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.PickleInvalid"/>.</exception>
    public void Require(long count)
    {
        if (count > Left)
        {
            throw PickleErrors.Invalid(key, $"The pickle announces {count} bytes at {Position}; {Left} are left.");
        }
    }

    protected override FishException Ended() => PickleErrors.Invalid(key, "The pickle is truncated.");
}
