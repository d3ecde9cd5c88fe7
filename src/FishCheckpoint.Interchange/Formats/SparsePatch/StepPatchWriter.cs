using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Interchange.Writing;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.SparsePatch;

/// <summary>Writes versions of the format: the inverse of <see cref="StepPatchReader"/>.</summary>
internal sealed class StepPatchWriter : IVersionWriter
{
    private readonly ExportOptions options;
    private readonly StepPatchForm form;
    private readonly string? encoding;

    public StepPatchWriter(ExportOptions options, StepPatchForm form)
    {
        (this.options, this.form) = (options, form);
        Choice.None(options.Encoding, "encoding");
        Choice.None(options.Checksum, "checksum");
        if (form == StepPatchForm.Version1)
        {
            Choice.None(options.Positions, "positions");
        }
        else
        {
            encoding = Choice.Of(options.Positions, "positions", StepPatchHeader.GapDelta, StepPatchHeader.Raw);
        }
    }

    public Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation)
    {
        var (tensors, elements) = (model.Layout.Tensors, model.Layout.Elements);
        var header = HeaderWriter.Create(tensors, Metadata(state, null, sparse: false, tensors.Count, elements, elements, []));
        using var file = new StagedFile(PlaceOf(StepPatchFormat.Anchors, state));
        file.Stream.Write(header.ToFileBytes());
        var buffer = new byte[Blocks.Size];
        foreach (var tensor in tensors)
        {
            using var stream = TensorStream.Open(model, tensor.Name, cancellation);
            for (var block = 0L; block < Blocks.CountOf(tensor); block++)
            {
                var bytes = buffer.AsSpan(0, Blocks.LengthOf(tensor, block));
                stream.Read(bytes);
                file.Stream.Write(bytes);
            }
        }

        return Task.FromResult(Finish(file, StepPatchFormat.Anchors, state));
    }

    public Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation)
    {
        using var spool = new ElementSpool(options.SpoolFolder);
        foreach (var tensor in pair.Changed)
        {
            spool.Add(pair, tensor, cancellation);
        }

        var parts = spool.Tensors.SelectMany(elements => PartsOf(elements, state.Name))
            .OrderByDescending(part => part.Info.UnitSize).ToArray();
        var metadata = Metadata(
            state, below, sparse: true, spool.Tensors.Count, spool.Tensors.Sum(elements => elements.Count), pair.Layout.Elements,
            spool.Tensors.Select(elements => elements.Tensor.Name));
        if (pair.Layout.Tensors.All(tensor => tensor.Type == DType.BF16))
        {
            metadata["checksum_sha256"] = WholeChecksum.Of(pair.To, Checksums.Sha256, cancellation);
        }

        using var file = new StagedFile(PlaceOf(StepPatchFormat.Deltas, state));
        file.Stream.Write(HeaderWriter.Create(parts.Select(part => part.Info), metadata).ToFileBytes());
        foreach (var part in parts)
        {
            Write(part, spool, file.Stream);
        }

        return Finish(file, StepPatchFormat.Deltas, state);
    }

    private Written Finish(StagedFile file, string kind, ExportState state)
    {
        var bytes = file.Stream.Length;
        return new Written(file.Commit(), PlaceOf(kind, state), bytes);
    }

    private string PlaceOf(string kind, ExportState state) => Path.Combine(options.Folder, kind, StepPatchFormat.FileOf(state.Number));

    // Readers know the keys that they need; an earlier writer recorded the parent, so that readers notice a missing delta.
    private Dictionary<string, string> Metadata(
        ExportState state, ExportState? below, bool sparse, long tensors, long changed, long elements, IEnumerable<string> names)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = StepPatchHeader.Format, ["version"] = "1", ["sparse"] = sparse ? "True" : "False",
            ["model_version"] = $"{state.Number}",
            ["num_changed_params"] = $"{tensors}", ["total_changed_elements"] = $"{changed}", ["total_elements"] = $"{elements}",
            ["sparsity"] = Float(1.0 - (changed / (double)Math.Max(1, elements))),
        };
        if (form == StepPatchForm.Version1)
        {
            metadata["changed_params"] = JsonSerializer.Serialize(names);
        }
        else
        {
            metadata["encoding"] = encoding!;
        }

        if (below is not null)
        {
            metadata["prev_model_version"] = $"{below.Number}";
            metadata["anchor_step"] = $"{VersionName.NumberOf(state.Anchor)}";
        }

        return metadata;
    }

    private static string Float(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture) is var text && text.All(char.IsAsciiDigit) ? $"{text}.0" : text;

    private IEnumerable<Part> PartsOf(SpooledElements elements, string version)
    {
        var (tensor, key) = (elements.Tensor, $"{version}: {elements.Tensor.Name}");
        if (tensor.Type != DType.BF16)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, key, $"The format supports only BF16; the tensor has the dtype {DTypes.NameOf(tensor.Type)}.",
                "Export as disk-delta.");
        }

        var gaps = encoding == StepPatchHeader.GapDelta;
        if (gaps ? elements.LargestGap > uint.MaxValue : tensor.Elements > int.MaxValue)
        {
            throw new FishException(ErrorCode.TooLarge, key, $"A position does not fit 32 bits: the tensor has {tensor.Elements} elements.",
                "Export as disk-delta.");
        }

        var type = !gaps ? DType.I32 : elements.LargestGap <= ushort.MaxValue ? DType.U16 : DType.U32;
        var (left, right) = form == StepPatchForm.Version1 ? (".indices", ".values") : (".idx", ".val");
        yield return new Part(new TensorInfo(tensor.Name + left, type, [elements.Count]), elements, IsPositions: true);
        yield return new Part(new TensorInfo(tensor.Name + right, DType.BF16, [elements.Count]), elements, IsPositions: false);
    }

    private void Write(Part part, ElementSpool spool, Stream stream)
    {
        if (!part.IsPositions)
        {
            spool.CopyValues(part.Elements, stream.Write);
            return;
        }

        var (next, before, gaps) = (spool.PositionsOf(part.Elements), -1L, encoding == StepPatchHeader.GapDelta);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        for (var index = 0L; index < part.Elements.Count; index++)
        {
            var position = next();
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(gaps ? position - before - 1 : position));
            stream.Write(bytes[..part.Info.UnitSize]);
            before = position;
        }
    }

    private readonly record struct Part(TensorInfo Info, SpooledElements Elements, bool IsPositions);
}
