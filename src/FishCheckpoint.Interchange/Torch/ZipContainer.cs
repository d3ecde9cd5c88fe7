using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>The zip files of torch.save since 1.6: <c>NAME/data.pkl</c>, and <c>NAME/data/KEY</c> for each storage.</summary>
internal static class ZipContainer
{
    private const string Pickle = "data.pkl";

    /// <summary>Reads the pickle and locates the storages.</summary>
    /// <returns>The saved object, and the types of unread objects.</returns>
    public static (object? Root, IReadOnlyCollection<string> Unread) Read(ByteSource file, PickleLimits limits)
    {
        var entries = ZipDirectory.Read(file);
        var root = RootOf(file, entries);
        CheckOrder(file, entries, root);
        var pickle = entries[root + Pickle];
        if (pickle.Length > limits.MaxLength)
        {
            throw PickleErrors.TooLarge(file.Key, $"The pickle has {pickle.Length} bytes; the limit is {limits.MaxLength}.");
        }

        Check(file, pickle.Name, pickle.Begin, pickle.Length, pickle.Checksum);
        var input = new PickleInput(file.Read, pickle.Begin, pickle.Length, file.Key);
        var world = new TorchWorld(file.Key, storage => Place(file, entries, root, storage));
        var read = PickleMachine.Read(input, world, limits);
        return input.Position == pickle.End
            ? (read, world.Unread) : throw PickleErrors.Invalid(file.Key, $"{pickle.End - input.Position} bytes follow the pickle.");
    }

    /// <summary>Verifies the checksum of bytes.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public static void Check(ByteSource file, string name, long begin, long length, uint expected)
    {
        if (file.ChecksumOf(begin, length) is var found && found != expected)
        {
            throw new FishException(
                ErrorCode.DigestMismatch, file.Key,
                $"The CRC-32 of {PickleErrors.Quote(name)} is {found:x8}; the zip file has {expected:x8}.",
                "The file is damaged, or was written without checksums (torch.serialization.set_crc32_options); copy or write it again.");
        }
    }

    private static void Place(ByteSource file, Dictionary<string, ZipEntry> entries, string root, TorchStorage storage)
    {
        if (!entries.TryGetValue($"{root}data/{storage.Key}", out var entry))
        {
            throw TorchErrors.Invalid(file.Key, $"The storage {PickleErrors.Quote(storage.Key)} is not in the zip file.");
        }

        if (entry.Length != storage.Bytes)
        {
            throw TorchErrors.Invalid(
                file.Key, $"The storage {PickleErrors.Quote(storage.Key)} has {entry.Length} bytes; the pickle expects {storage.Bytes}.");
        }

        (storage.Begin, storage.Checksum) = (entry.Begin, entry.Checksum);
    }

    private static string RootOf(ByteSource file, Dictionary<string, ZipEntry> entries)
    {
        string[] pickles =
            [.. entries.Keys.Where(name => name.EndsWith("/" + Pickle, StringComparison.Ordinal)
                && name.IndexOf('/', StringComparison.Ordinal) == name.Length - Pickle.Length - 1)];
        if (pickles.Length != 1)
        {
            throw TorchErrors.Invalid(
                file.Key, $"The zip file has {pickles.Length} pickles named {Pickle}; a torch.save file has one.");
        }

        var root = pickles[0][..^Pickle.Length];
        return !entries.Keys.Any(name => name == $"{root}constants.pkl" || name.StartsWith($"{root}code/", StringComparison.Ordinal)) ? root
            : throw TorchErrors.Cannot(
                file.Key, "The file is a TorchScript program, not tensors.", "Write its state dict: torch.save(module.state_dict(), ...).");
    }

    private static void CheckOrder(ByteSource file, Dictionary<string, ZipEntry> entries, string root)
    {
        if (entries.TryGetValue(root + "byteorder", out var order)
            && Encoding.ASCII.GetString(file.Bytes(order.Begin, Math.Min(order.Length, 16))) is var text && text != "little")
        {
            throw TorchErrors.Cannot(
                file.Key, $"The file's byte order is {PickleErrors.Quote(text)}, not little.", "Write it on a little-endian machine.");
        }
    }
}
