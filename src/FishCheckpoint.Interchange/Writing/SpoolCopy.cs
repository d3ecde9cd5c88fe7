using FishCheckpoint.Codec;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>Copies a part of a spool.</summary>
internal static class SpoolCopy
{
    public static void To(Stream target, Spool source, long begin, long length)
    {
        Span<byte> buffer = new byte[1 << 16];
        for (var done = 0L; done < length; done += buffer.Length)
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, length - done)];
            source.Read(begin + done, buffer);
            target.Write(buffer);
        }
    }
}
