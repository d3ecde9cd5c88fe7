using System.Buffers.Binary;
using System.Numerics;
using FishCheckpoint.Interchange.Pickles;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// The torch.save files before 1.6, still written on request: a few consecutive pickles, then the storages. They have no checksums.
/// </summary>
internal static class LegacyContainer
{
    private const long Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse(
        "119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    private static ReadOnlySpan<byte> MagicBytes => [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>Whether a file starts with the protocol, a frame in later ones, and the magic number.</summary>
    public static bool Is(ReadOnlySpan<byte> start) => start[2..Math.Min(start.Length, 32)].IndexOf(MagicBytes) is 0 or 9;

    /// <summary>Reads the pickles and locates the storages.</summary>
    /// <returns>The saved object, and the types of unread objects.</returns>
    public static (object? Root, IReadOnlyCollection<string> Unread) Read(ByteSource file, PickleLimits limits)
    {
        var at = 0L;
        var world = new TorchWorld(file.Key, _ => { });
        object? Next()
        {
            var input = new PickleInput(file.Read, at, Math.Min(file.Length - at, limits.MaxLength), file.Key);
            var read = PickleMachine.Read(input, world, limits);
            at = input.Position;
            return read;
        }

        if (Next() is not BigInteger magic || magic != Magic || Next() is not Protocol)
        {
            throw TorchErrors.Invalid(file.Key, "The file does not start like a legacy file of torch.save.");
        }

        CheckSystem(file, Next());
        var root = Next();
        if (Next() is not PickleList keys)
        {
            throw TorchErrors.Invalid(file.Key, "The file does not list its storages.");
        }

        Place(file, world, keys, at);
        return (root, world.Unread);
    }

    private static void CheckSystem(ByteSource file, object? system)
    {
        if (system is not PickleMap map || !map.TryGet("protocol_version", out var protocol) || protocol is not Protocol
            || !map.TryGet("little_endian", out var little) || little is not bool)
        {
            throw TorchErrors.Invalid(file.Key, "The file does not record the byte order of its machine.");
        }

        if (little is false)
        {
            throw TorchErrors.Cannot(file.Key, "The file was written by a big-endian machine.", "Write it on a little-endian machine.");
        }
    }

    private static void Place(ByteSource file, TorchWorld world, PickleList keys, long at)
    {
        var left = world.Storages.Count;
        foreach (var item in keys.Items)
        {
            if (item is not string name || !world.Storages.TryGetValue(name, out var storage) || storage.Begin >= 0)
            {
                throw TorchErrors.Invalid(
                    file.Key,
                    $"The list of storages names {PickleErrors.Quote(item as string ?? "something")}, which is unknown or occurs twice.");
            }

            var count = BinaryPrimitives.ReadInt64LittleEndian(file.Bytes(at, sizeof(long)));
            if (count != storage.Count || storage.Bytes > file.Length - at - sizeof(long))
            {
                throw TorchErrors.Invalid(
                    file.Key,
                    $"The storage {PickleErrors.Quote(name)} has {count} elements, the pickle expects {storage.Count}, and "
                    + $"{file.Length - at - sizeof(long)} bytes are left.");
            }

            storage.Begin = at + sizeof(long);
            (at, left) = (storage.Begin + storage.Bytes, left - 1);
        }

        if (left != 0 || at != file.Length)
        {
            throw TorchErrors.Invalid(
                file.Key, $"{left} storages are missing from the file, or {file.Length - at} bytes follow the last one.");
        }
    }
}
