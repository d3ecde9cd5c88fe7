using System.Buffers.Binary;
using System.Text;

namespace FishCheckpoint.Durability.Power;

/// <summary>Reads what Faults/record.c has written.</summary>
public static class DiskRecord
{
    private const int HeadLength = 32;

    /// <summary>Reads a record.</summary>
    /// <param name="path">The record.</param>
    /// <returns>The calls; paths are relative to the folder that was recorded.</returns>
    public static DiskEvent[] Read(string path)
    {
        var (bytes, events, place) = (File.ReadAllBytes(path), new List<DiskEvent>(), 0);
        while (place < bytes.Length)
        {
            var head = bytes.AsSpan(place, HeadLength);
            var kind = (DiskEventKind)BinaryPrimitives.ReadInt32LittleEndian(head);
            var (file, at) = (BinaryPrimitives.ReadInt32LittleEndian(head[4..]), BinaryPrimitives.ReadInt64LittleEndian(head[8..]));
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
            var (first, second) = (BinaryPrimitives.ReadInt32LittleEndian(head[24..]), BinaryPrimitives.ReadInt32LittleEndian(head[28..]));
            place += HeadLength;
            string Text(int begin, int size) => Encoding.UTF8.GetString(bytes, begin, size);
            events.Add(new DiskEvent(
                kind, file, at, Text(place, first), Text(place + first, second), bytes.AsMemory(place + first + second, length)));
            place += first + second + length;
        }

        return [.. events];
    }
}
