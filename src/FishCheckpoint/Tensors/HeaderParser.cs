using System.Buffers.Binary;
using System.Text.Json;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>
/// Reads and checks safetensors headers like the reference reader: it accepts white space before the object, <c>"__metadata__": null</c>,
/// and unknown fields in a tensor's entry. It is stricter about duplicate names and <see cref="TensorInfo.MaxDimensions"/>.
/// </summary>
public static class HeaderParser
{
    private const string MetadataKey = "__metadata__";

    // The depth limit of the reference reader, for unknown fields.
    private const int MaxDepth = 128;

    /// <summary>Reads the length prefix and checks its bound before any allocation.</summary>
    /// <param name="prefix">The first 8 bytes of the file.</param>
    /// <param name="fileLength">The length of the file; <see langword="null"/> for a stream.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="maxLength">The longest header accepted.</param>
    /// <returns>The header's length in bytes.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.HeaderTruncated"/>, <see cref="ErrorCode.HeaderTooLarge"/>.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix, long? fileLength, string file, int maxLength = SafetensorsHeader.MaxLength)
    {
        if (prefix.Length < SafetensorsHeader.PrefixLength)
        {
            throw Fail(ErrorCode.HeaderTruncated, file, $"The file has {prefix.Length} bytes; the length prefix alone has 8.");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)maxLength)
        {
            throw Fail(ErrorCode.HeaderTooLarge, file, $"The header announces {length} bytes; the limit is {maxLength}.");
        }

        if (fileLength is { } total && (long)length > total - SafetensorsHeader.PrefixLength)
        {
            throw Fail(ErrorCode.HeaderTruncated, file, $"The header announces {length} bytes, but the file has only {total} bytes.");
        }

        return (int)length;
    }

    /// <summary>Reads and checks a header's JSON.</summary>
    /// <param name="json">The JSON with its padding. Not copied.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="dataLength">Bytes after the header, compared with the offsets; <see langword="null"/> if unknown.</param>
    /// <returns>The checked header: unique names, known dtypes, sizes within 63 bits, offsets that are contiguous and cover the
    /// data.</returns>
    /// <exception cref="FishException">The code of the header's error.</exception>
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, string file, long? dataLength = null)
    {
        if (json.Span.TrimStart(" \t\r\n"u8) is not [(byte)'{', ..])
        {
            throw Fail(ErrorCode.HeaderInvalidStart, file, "The header does not start with '{'.");
        }

        var (tensors, metadata) = ReadJson(json.Span, file);
        var ordered = CheckOffsets(tensors, file);
        var header = new SafetensorsHeader(json, ordered, metadata ?? [], metadata is not null);
        if (dataLength is { } length && length != header.DataLength)
        {
            throw Fail(ErrorCode.HeaderDataMismatch, file, length < header.DataLength
                ? $"The file is truncated: its header describes {header.DataLength} bytes of data, but {length} bytes follow it."
                : $"The header describes {header.DataLength} bytes of data, but {length} follow it.");
        }

        return header;
    }

    private static (List<RawTensor> Tensors, Dictionary<string, string>? Metadata) ReadJson(ReadOnlySpan<byte> json, string file)
    {
        var tensors = new List<RawTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Dictionary<string, string>? metadata = null;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            Expect(ref reader, JsonTokenType.StartObject, file);
            while (Next(ref reader, file) != JsonTokenType.EndObject)
            {
                var name = reader.GetString()!;
                if (!names.Add(name))
                {
                    throw Fail(ErrorCode.HeaderDuplicateKey, $"{file}: {name}", "The name appears twice in the header.");
                }

                if (name == MetadataKey)
                {
                    metadata = ReadMetadata(ref reader, file);
                }
                else
                {
                    tensors.Add(ReadTensor(ref reader, name, file));
                }
            }

            if (reader.Read())
            {
                throw Fail(ErrorCode.HeaderInvalidJson, file, "The header has content after its closing brace.");
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new FishException(ErrorCode.HeaderInvalidJson, file, $"The header is not valid safetensors JSON: {error.Message}",
                Hint, error);
        }

        return (tensors, metadata);
    }

    private static Dictionary<string, string>? ReadMetadata(ref Utf8JsonReader reader, string file)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Next(ref reader, file) == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fail(ErrorCode.HeaderInvalidMetadata, file, "__metadata__ is not an object.");
        }

        while (Next(ref reader, file) != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            if (Next(ref reader, file) != JsonTokenType.String)
            {
                throw Fail(ErrorCode.HeaderInvalidMetadata, $"{file}: {key}", "A value of __metadata__ is not a string.");
            }

            if (!metadata.TryAdd(key, reader.GetString()!))
            {
                throw Fail(ErrorCode.HeaderDuplicateKey, $"{file}: __metadata__.{key}", "The key appears twice in __metadata__.");
            }
        }

        return metadata;
    }

    private static RawTensor ReadTensor(ref Utf8JsonReader reader, string name, string file)
    {
        var key = $"{file}: {name}";
        if (Next(ref reader, file) != JsonTokenType.StartObject)
        {
            throw Fail(ErrorCode.HeaderInvalidJson, key, "A tensor's entry is not an object.");
        }

        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (Next(ref reader, file) != JsonTokenType.EndObject)
        {
            var field = reader.GetString();
            var repeated = field switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null,
                _ => false };
            if (repeated)
            {
                throw Fail(ErrorCode.HeaderDuplicateKey, key, $"'{field}' appears twice.");
            }

            Next(ref reader, file);
            switch (field)
            {
                case "dtype":
                    // A null must not count as a field that is still missing.
                    type = reader.TokenType == JsonTokenType.String
                        ? reader.GetString() : throw Fail(ErrorCode.HeaderInvalidJson, key, "The dtype is not a string.");
                    break;
                case "shape":
                    shape = ReadNumbers(ref reader, key, ErrorCode.HeaderInvalidShape);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref reader, key, ErrorCode.HeaderInvalidOffsets);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (shape is { Count: > TensorInfo.MaxDimensions })
        {
            throw Fail(ErrorCode.HeaderInvalidShape, key,
                $"The tensor has {shape.Count} dimensions; the limit is {TensorInfo.MaxDimensions}.");
        }

        if (type is null || shape is null || offsets is not { Count: 2 })
        {
            throw Fail(ErrorCode.HeaderInvalidJson, key, "A tensor's entry needs dtype, shape and two data_offsets.");
        }

        return new RawTensor(MakeInfo(name, type, shape, key), offsets[0], offsets[1]);
    }

    private static TensorInfo MakeInfo(string name, string typeName, List<long> shape, string key)
    {
        if (!DTypes.TryParse(typeName, out var type))
        {
            throw Fail(ErrorCode.HeaderUnknownDtype, key, $"'{typeName}' is not a dtype of the format.");
        }

        try
        {
            return new TensorInfo(name, type, [.. shape]);
        }
        catch (OverflowException)
        {
            throw Fail(ErrorCode.HeaderInvalidShape, key, $"The product of {TensorInfo.ShapeText(shape)} does not fit 63 bits.");
        }
        catch (ArgumentException)
        {
            throw Fail(ErrorCode.HeaderMisaligned, key, $"{typeName} {TensorInfo.ShapeText(shape)} does not fill whole bytes.");
        }
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string key, ErrorCode code)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Fail(ErrorCode.HeaderInvalidJson, key, "shape and data_offsets are arrays of numbers.");
        }

        var numbers = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw Fail(code, key, "A number is negative, fractional or does not fit 63 bits.");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static StoredTensor[] CheckOffsets(List<RawTensor> tensors, string file)
    {
        // A stable sort: empty tensors may share an offset and keep the header's order.
        var ordered = tensors.Select((tensor, index) => (tensor, index))
            .OrderBy(pair => pair.tensor.Begin).ThenBy(pair => pair.tensor.End).ThenBy(pair => pair.index).ToArray();
        var stored = new StoredTensor[ordered.Length];
        var next = 0L;
        for (var index = 0; index < ordered.Length; index++)
        {
            var (tensor, key) = (ordered[index].tensor, $"{file}: {ordered[index].tensor.Info.Name}");
            if (tensor.Begin != next)
            {
                throw Fail(ErrorCode.HeaderInvalidOffsets, key,
                    $"The data begins at {tensor.Begin}, but {next} is expected: there is a gap or an overlap.");
            }

            if (tensor.End - tensor.Begin != tensor.Info.Bytes)
            {
                throw Fail(ErrorCode.HeaderInvalidOffsets, key,
                    $"The offsets span {tensor.End - tensor.Begin} bytes; the shape requires {tensor.Info.Bytes}.");
            }

            next = tensor.End;
            stored[index] = new StoredTensor(tensor.Info, tensor.Begin);
        }

        return stored;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token, string file)
    {
        if (Next(ref reader, file) != token)
        {
            throw Fail(ErrorCode.HeaderInvalidJson, file, $"The header lacks an expected {token}.");
        }
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader, string file) =>
        reader.Read() ? reader.TokenType : throw Fail(ErrorCode.HeaderInvalidJson, file, "The header ends too early.");

    private const string Hint = "Write the file again with a safetensors library.";

    private static FishException Fail(ErrorCode code, string key, string cause) => new(code, key, cause, Hint);

    private readonly record struct RawTensor(TensorInfo Info, long Begin, long End);
}
