using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace FishCheckpoint.Errors;

/// <summary>The stable name and the kind of each <see cref="ErrorCode"/>.</summary>
public static partial class ErrorCodes
{
    private static readonly FrozenDictionary<ErrorCode, string> Names =
        Enum.GetValues<ErrorCode>()
            .ToFrozenDictionary(code => code, code => WordStart().Replace(code.ToString(), "_${letter}").ToUpperInvariant());

    private static readonly FrozenDictionary<string, ErrorCode> Codes = Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The upper-case name, such as <c>BASE_MISMATCH</c>.</summary>
    public static string NameOf(ErrorCode code) => Names[code];

    /// <summary>The code of an upper-case name.</summary>
    /// <returns><see langword="false"/> if no code has the name.</returns>
    public static bool TryParse(string name, out ErrorCode code) => Codes.TryGetValue(name, out code);

    /// <summary>The kind of a code.</summary>
    public static ErrorKind KindOf(ErrorCode code) => code switch
    {
        ErrorCode.BaseNotFound or ErrorCode.TaskNotFound or ErrorCode.CheckpointNotFound or ErrorCode.StateNotFound
            or ErrorCode.TagNotFound or ErrorCode.FileNotFound or ErrorCode.RouteNotFound or ErrorCode.KeyNotFound
                or ErrorCode.VersionNotFound
            or ErrorCode.StoreNotFound => ErrorKind.NotFound,
        ErrorCode.BaseTaken or ErrorCode.BaseInUse or ErrorCode.TaskTaken or ErrorCode.StepTaken or ErrorCode.StateTaken
            or ErrorCode.KeyTaken
            or ErrorCode.FolderTaken or ErrorCode.BackupBusy or ErrorCode.CheckpointPinned or ErrorCode.CheckpointChanged
                or ErrorCode.RunTaken
            => ErrorKind.Conflict,
        ErrorCode.BaseMismatch or ErrorCode.LayoutMismatch or ErrorCode.DtypeMismatch or ErrorCode.ShapeMismatch
            or ErrorCode.TensorUnknown or ErrorCode.TensorMissing or ErrorCode.MaskUnknown or ErrorCode.SideFileUnknown
            or ErrorCode.DigestMismatch or ErrorCode.IndexOutOfRange or ErrorCode.MaskLeak or ErrorCode.StateMismatch => ErrorKind.Mismatch,
        ErrorCode.TooLarge or ErrorCode.HeaderTooLarge or ErrorCode.FrameTooLarge => ErrorKind.TooLarge,
        ErrorCode.RangeInvalid => ErrorKind.Range,
        ErrorCode.MediaTypeUnsupported => ErrorKind.MediaType,
        ErrorCode.CorruptBase or ErrorCode.CorruptCheckpoint or ErrorCode.CorruptStore => ErrorKind.Corrupt,
        ErrorCode.StoreIncomplete or ErrorCode.StoreTooNew or ErrorCode.StorageUnavailable or ErrorCode.ServerUnavailable
            or ErrorCode.CertificateUntrusted or ErrorCode.AddressInUse
            => ErrorKind.Unavailable,
        ErrorCode.KeyRequired or ErrorCode.KeyInvalid => ErrorKind.Unauthenticated,
        ErrorCode.KeyForbidden or ErrorCode.AccessUnprotected or ErrorCode.StoreReadOnly => ErrorKind.Forbidden,
        ErrorCode.TooManyRequests => ErrorKind.Busy,
        ErrorCode.InsufficientStorage or ErrorCode.QuotaExceeded => ErrorKind.Full,
        ErrorCode.BodyTruncated or ErrorCode.CorruptFrame or ErrorCode.FileUnreadable or ErrorCode.FrameInvalid
            or ErrorCode.HeaderDataMismatch
            or ErrorCode.HeaderDuplicateKey or ErrorCode.HeaderInvalidJson or ErrorCode.HeaderInvalidMetadata
                or ErrorCode.HeaderInvalidOffsets
            or ErrorCode.HeaderInvalidShape or ErrorCode.HeaderInvalidStart or ErrorCode.HeaderMisaligned or ErrorCode.HeaderTruncated
            or ErrorCode.HeaderUnknownDtype or ErrorCode.IndexRepeated or ErrorCode.IndexUnsorted or ErrorCode.ModelAmbiguous
                or ErrorCode.NameInvalid
            or ErrorCode.NotSafetensors or ErrorCode.PatchInvalid or ErrorCode.PickleInvalid or ErrorCode.PickleRefused
                or ErrorCode.RequestInvalid
            or ErrorCode.ShardIndexInvalid or ErrorCode.StepInvalid or ErrorCode.TorchFileInvalid or ErrorCode.VersionInvalid =>
                ErrorKind.Invalid,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The code has no kind."),
    };

    [GeneratedRegex("(?<=[a-z])(?<letter>[A-Z])", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WordStart();
}
