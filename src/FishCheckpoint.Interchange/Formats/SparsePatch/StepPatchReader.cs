using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.SparsePatch;

/// <summary>A delta of the format, in either form.</summary>
internal sealed class StepPatchReader : IVersionDelta
{
    private readonly string key;
    private readonly SafetensorsFile file;
    private readonly StepPatchHeader header;
    private readonly Dictionary<string, (StoredTensor Positions, StoredTensor Values)> pairs = new(StringComparer.Ordinal);

    public StepPatchReader(FoundVersion version, int maxHeaderLength)
    {
        key = version.Key;
        file = SafetensorsFile.Open(version.Path, maxHeaderLength);
        try
        {
            header = StepPatchHeader.Of(file.Header.Metadata, key);
            Pair();
            CheckTotals();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<string> Tensors => pairs.Keys;

    public ExpectedChecksum? Whole => header.Checksum is { } checksum ? new ExpectedChecksum(Checksums.Sha256, checksum) : null;

    public TensorPatch Open(string tensor, TensorInfo info)
    {
        var ((positions, values), at) = (pairs[tensor], $"{key}: {tensor}");
        if (info.Type != DType.BF16)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, at, $"The format supports only BF16; the tensor has the dtype {DTypes.NameOf(info.Type)}.",
                "Give the base of the versions.");
        }

        return new ElementPatch(at, info, values.Info.Elements, PositionsOf(positions), Region(values));
    }

    public ExpectedChecksum? ChecksumOf(string tensor) => null;

    public void Dispose() => file.Dispose();

    private RegionReader Region(StoredTensor tensor) => new(file.ReadData, tensor.Begin, tensor.Info.Bytes);

    private Func<long> PositionsOf(StoredTensor stored)
    {
        var (region, position) = (Region(stored), -1L);
        return (header.Encoding == StepPatchHeader.GapDelta, stored.Info.Type) switch
        {
            (true, DType.U16) => () => position += region.U16() + 1L,
            (true, _) => () => position += region.U32() + 1L,
            _ => () => region.I32(),
        };
    }

    private void Pair()
    {
        var tensors = file.Header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        var later = header.Encoding is not null || tensors.Keys.Any(name => name.EndsWith(".val", StringComparison.Ordinal));
        if (later && header.Encoding is not (StepPatchHeader.Raw or StepPatchHeader.GapDelta))
        {
            throw JsonFile.Fail(
                key, $"The encoding '{header.Encoding}' is unknown; {StepPatchHeader.Raw} and {StepPatchHeader.GapDelta} are supported.");
        }

        var (left, right) = later ? (".idx", ".val") : (".indices", ".values");
        foreach (var (name, values) in tensors.Where(tensor => tensor.Key.EndsWith(right, StringComparison.Ordinal)))
        {
            var tensor = name[..^right.Length];
            if (!tensors.Remove(tensor + left, out var positions))
            {
                throw new FishException(
                    ErrorCode.PatchInvalid, $"{key}: {tensor}", $"There are values, but {tensor}{left} is missing.",
                    "Write the version again.");
            }

            tensors.Remove(name);
            Check(tensor, positions.Info, values.Info);
            pairs.Add(tensor, (positions, values));
        }

        if (tensors.Keys.FirstOrDefault() is { } more)
        {
            throw new FishException(ErrorCode.PatchInvalid, $"{key}: {more}",
                "The tensor does not belong to a pair of positions and values.",
                "Write the version again.");
        }
    }

    private void Check(string tensor, TensorInfo positions, TensorInfo values)
    {
        var at = $"{key}: {tensor}";
        if (values.Type != DType.BF16)
        {
            throw new FishException(ErrorCode.DtypeMismatch, at, $"The format's values must be BF16, not {DTypes.NameOf(values.Type)}.",
                "Write the version in BF16.");
        }

        var fits = header.Encoding == StepPatchHeader.GapDelta ? positions.Type is DType.U16 or DType.U32 : positions.Type is DType.I32;
        if (!fits || positions.Shape.Count != 1 || values.Shape.Count != 1 || positions.Elements != values.Elements)
        {
            throw new FishException(
                ErrorCode.PatchInvalid, at, $"{positions} and {values} are not a pair of positions and values.",
                "Write the version again.");
        }
    }

    private void CheckTotals()
    {
        var found = pairs.Values.Sum(pair => pair.Values.Info.Elements);
        if (header.Changed is { } changed && changed != found)
        {
            throw new FishException(ErrorCode.PatchInvalid, key, $"The metadata counts {changed} changed elements; the file has {found}.",
                "Copy or write the version again.");
        }

        if (header.Params is { } names && !names.ToHashSet(StringComparer.Ordinal).SetEquals(pairs.Keys))
        {
            throw new FishException(
                ErrorCode.PatchInvalid, key, "'changed_params' differs from the file's tensors.", "Copy or write the version again.");
        }
    }
}
