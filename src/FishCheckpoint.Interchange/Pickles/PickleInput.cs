using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Patching;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>The bytes of a pickle, read from front to end. Whatever a length says, nothing is allocated that the input has not.</summary>
/// <param name="source">Reads bytes from an offset.</param>
/// <param name="begin">Where the pickle begins.</param>
/// <param name="length">How many bytes there are from there on.</param>
/// <param name="key">Whom it concerns, for errors.</param>
internal sealed class PickleInput(Action<long, Span<byte>> source, long begin, long length, string key)
    : RegionReader(source, begin, length)
{
    private const int LongestLine = 512;

    /// <summary>Whom it concerns.</summary>
    public string Key => key;

    /// <summary>A length of eight bytes.</summary>
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

    /// <summary>So many bytes, as a new array.</summary>
    public byte[] Bytes(long count)
    {
        Require(count);
        var bytes = new byte[count];
        Read(bytes);
        return bytes;
    }

    /// <summary>So many bytes of UTF-8.</summary>
    public string Text(long count)
    {
        var bytes = Bytes(count);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw PickleErrors.Invalid(key, "A text is not in UTF-8.");
    }

    /// <summary>A line, without its end.</summary>
    public string Line()
    {
        var line = new List<byte>();
        for (var letter = U8(); letter != (byte)'\n'; letter = U8())
        {
            line.Add(line.Count < LongestLine ? letter : throw PickleErrors.Invalid(key, $"A name is longer than {LongestLine} bytes."));
        }

        return Utf8.IsValid(line.ToArray())
            ? Encoding.UTF8.GetString(line.ToArray()) : throw PickleErrors.Invalid(key, "A name is not in UTF-8.");
    }

    /// <summary>Refuses a length that the input has not.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.PickleInvalid"/>.</exception>
    public void Require(long count)
    {
        if (count > Left)
        {
            throw PickleErrors.Invalid(key, $"The pickle announces {count} bytes at {Position}; {Left} are left.");
        }
    }

    protected override FishException Ended() => PickleErrors.Invalid(key, "The pickle ends before it is whole.");
}
