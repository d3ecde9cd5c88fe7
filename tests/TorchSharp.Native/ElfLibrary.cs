using System.Buffers.Binary;
using System.Text;

namespace FishCheckpoint.TorchSharp.Native;

/// <summary>A version of another library's symbols that a library asks for.</summary>
/// <param name="Name">Its name, as <c>GLIBCXX_3.4.32</c>.</param>
/// <param name="Index">The number that symbols refer to it by.</param>
/// <param name="Entry">Where its <c>Elf64_Vernaux</c> lies in the file.</param>
internal sealed record ElfVersion(string Name, int Index, int Entry);

/// <summary>A symbol that a library takes from others.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The <see cref="ElfVersion.Index"/> of its version.</param>
/// <param name="NameAt">Where its name lies in the file.</param>
internal sealed record ElfImport(string Name, int Version, int NameAt);

/// <summary>
/// What a shared library of 64-bit Linux takes from others: read as the dynamic linker does, through its program headers and dynamic
/// section (System V ABI, chapters 4 and 5; symbol versions as in the Linux Standard Base).
/// </summary>
internal sealed class ElfLibrary
{
    private const int Loaded = 1, Dynamic = 2;
    private const long StringTable = 5, SymbolTable = 6, GnuHash = 0x6ffffef5, SymbolVersions = 0x6ffffff0, Needs = 0x6ffffffe;
    private const int HeaderSize = 56, DynamicSize = 16, NeedSize = 16, SymbolSize = 24;

    private readonly byte[] file;
    private readonly List<(long Address, long Offset, long Length)> segments = [];
    private readonly Dictionary<long, long> dynamic = [];

    /// <summary>Reads a library.</summary>
    /// <param name="file">The file's bytes. Not changed.</param>
    /// <exception cref="InvalidDataException">It is no 64-bit little-endian ELF file, or one that contradicts itself.</exception>
    public ElfLibrary(byte[] file)
    {
        this.file = file;
        ReadSegments();
        Versions = dynamic.ContainsKey(Needs) ? [.. ReadVersions()] : [];
        Imports = dynamic.ContainsKey(SymbolVersions) ? [.. ReadImports()] : [];
    }

    /// <summary>The versions that it asks for, of all libraries.</summary>
    public IReadOnlyList<ElfVersion> Versions { get; }

    /// <summary>The symbols that it takes from others.</summary>
    public IReadOnlyList<ElfImport> Imports { get; }

    private void ReadSegments()
    {
        if (!Bytes(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("No 64-bit little-endian ELF file.");
        }

        var (table, size, count) = (Long(32), Short(54), Short(56));
        for (var index = 0; index < count; index++)
        {
            var header = table + ((long)index * size);
            _ = Bytes(header, HeaderSize);
            var (type, segment) = (Int(header), (Address: Long(header + 16), Offset: Long(header + 8), Length: Long(header + 32)));
            if (type == Loaded)
            {
                _ = Bytes(segment.Offset, segment.Length);
                segments.Add(segment);
            }
            else if (type == Dynamic)
            {
                ReadDynamic(segment.Offset, segment.Length);
            }
        }
    }

    private void ReadDynamic(long offset, long length)
    {
        _ = Bytes(offset, length);
        for (var entry = offset; entry + DynamicSize <= offset + length && Long(entry) != 0; entry += DynamicSize)
        {
            dynamic[Long(entry)] = Long(entry + 8);
        }
    }

    // Libraries and the versions of each are linked by offsets from entry to entry; the last one's is 0.
    private IEnumerable<ElfVersion> ReadVersions() => Linked(At(Needs))
        .SelectMany(need => Linked(need + Int(need + 8)))
        .Select(version => new ElfVersion(TextAt(Int(version + 8)).Text, Short(version + 6) & 0x7fff, version));

    private IEnumerable<int> Linked(int entry)
    {
        for (var next = 1; next > 0; entry += next)
        {
            _ = Bytes(entry, NeedSize);
            yield return entry;
            next = Int(entry + 12);
        }
    }

    private IEnumerable<ElfImport> ReadImports()
    {
        // Symbols that the library does not define stand before those that its hash table finds.
        var (symbols, versions, defined) = (At(SymbolTable), At(SymbolVersions), Int(At(GnuHash) + 4));
        for (var index = 1; index < defined; index++)
        {
            var (name, at) = TextAt(Int(symbols + ((long)index * SymbolSize)));
            yield return new ElfImport(name, Short(versions + (2L * index)) & 0x7fff, at);
        }
    }

    private (string Text, int At) TextAt(int offset)
    {
        var at = At(StringTable) + offset;
        var length = Bytes(at, file.Length - at).IndexOf((byte)0);
        return length < 0 ? throw new InvalidDataException("A name does not end.") : (Encoding.ASCII.GetString(file, at, length), at);
    }

    // Where the thing that a dynamic entry points to lies in the file.
    private int At(long tag)
    {
        if (!dynamic.TryGetValue(tag, out var address))
        {
            throw new InvalidDataException($"The dynamic section lacks {tag:x}.");
        }

        foreach (var segment in segments.Where(segment => address >= segment.Address && address - segment.Address < segment.Length))
        {
            return (int)(segment.Offset + (address - segment.Address));
        }

        throw new InvalidDataException($"Nothing is loaded at {address:x}.");
    }

    private ushort Short(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(offset, 2));

    private int Int(long offset) => BinaryPrimitives.ReadInt32LittleEndian(Bytes(offset, 4));

    private long Long(long offset) => BinaryPrimitives.ReadInt64LittleEndian(Bytes(offset, 8));

    private ReadOnlySpan<byte> Bytes(long offset, long length) => offset >= 0 && length >= 0 && offset <= file.Length - length
        ? file.AsSpan((int)offset, (int)length) : throw new InvalidDataException($"The file ends before {offset} + {length}.");
}
