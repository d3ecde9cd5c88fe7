namespace FishCheckpoint.Errors;

/// <summary>
/// Every reason for which an operation can fail. The names are stable and part of the HTTP interface, in upper case
/// (<see cref="BaseMismatch"/> is <c>BASE_MISMATCH</c>); see <see cref="ErrorCodes"/>.
/// </summary>
public enum ErrorCode
{
    /// <summary>A name does not match <c>[A-Za-z0-9][A-Za-z0-9._-]{0,127}</c> or is reserved.</summary>
    NameInvalid,
    /// <summary>A step is not a non-negative 64-bit integer, or a step reference cannot be read.</summary>
    StepInvalid,
    /// <summary>A request's parameter or JSON body cannot be read.</summary>
    RequestInvalid,
    /// <summary>The route does not accept the body's media type.</summary>
    MediaTypeUnsupported,
    /// <summary>A requested byte range lies outside the representation.</summary>
    RangeInvalid,
    /// <summary>The request would exceed a limit of the store or the server.</summary>
    TooLarge,
    /// <summary>The body ended before its declared length.</summary>
    BodyTruncated,
    /// <summary>The content does not have the announced digest.</summary>
    DigestMismatch,

    /// <summary>No base has this name or id.</summary>
    BaseNotFound,
    /// <summary>No task has this name.</summary>
    TaskNotFound,
    /// <summary>The task has no such checkpoint.</summary>
    CheckpointNotFound,
    /// <summary>The checkpoint has no trainer state.</summary>
    StateNotFound,
    /// <summary>The task has no such tag.</summary>
    TagNotFound,
    /// <summary>The model has no such file.</summary>
    FileNotFound,
    /// <summary>A file exists but cannot be read.</summary>
    FileUnreadable,
    /// <summary>The route does not exist.</summary>
    RouteNotFound,
    /// <summary>No such key exists, or it is already revoked.</summary>
    KeyNotFound,
    /// <summary>The data folder does not exist, or contains no store.</summary>
    StoreNotFound,

    /// <summary>The base's name belongs to other content.</summary>
    BaseTaken,
    /// <summary>Tasks use the base.</summary>
    BaseInUse,
    /// <summary>The task exists with another base or other own tensors.</summary>
    TaskTaken,
    /// <summary>The step holds a checkpoint with other content.</summary>
    StepTaken,
    /// <summary>The checkpoint already has another trainer state.</summary>
    StateTaken,
    /// <summary>The task contains checkpoints of another run, which this run did not resume.</summary>
    RunTaken,
    /// <summary>The checkpoint is pinned and cannot be deleted.</summary>
    CheckpointPinned,
    /// <summary>Another key that is not revoked has the name.</summary>
    KeyTaken,

    /// <summary>The server requires a key, and the request has none.</summary>
    KeyRequired,
    /// <summary>The key is unknown, expired or revoked.</summary>
    KeyInvalid,
    /// <summary>The key does not permit the operation.</summary>
    KeyForbidden,
    /// <summary>The server would accept unauthenticated requests from other machines.</summary>
    AccessUnprotected,
    /// <summary>The server has reached its limit of concurrent requests.</summary>
    TooManyRequests,
    /// <summary>The disk has no room for the upload.</summary>
    InsufficientStorage,
    /// <summary>The task's or the key's quota would be exceeded.</summary>
    QuotaExceeded,

    /// <summary>The content was made against another base or parent than the one it is saved against.</summary>
    BaseMismatch,
    /// <summary>The frame was made for another layout than the task's.</summary>
    LayoutMismatch,
    /// <summary>A tensor's dtype differs from the task layout.</summary>
    DtypeMismatch,
    /// <summary>A tensor's shape differs from the task layout.</summary>
    ShapeMismatch,
    /// <summary>The task layout has no tensor of this name.</summary>
    TensorUnknown,
    /// <summary>A tensor of the task layout is missing from a full model.</summary>
    TensorMissing,
    /// <summary>The frames refer to a mask that the store does not have.</summary>
    MaskUnknown,
    /// <summary>The save refers to a side file that neither a checkpoint of the task nor its base has.</summary>
    SideFileUnknown,
    /// <summary>Training changed values outside the mask.</summary>
    MaskLeak,
    /// <summary>The trainer state belongs to another training.</summary>
    StateMismatch,

    /// <summary>Positions are not in ascending order.</summary>
    IndexUnsorted,
    /// <summary>A position occurs twice.</summary>
    IndexRepeated,
    /// <summary>A position lies outside its tensor.</summary>
    IndexOutOfRange,
    /// <summary>The indices and values of a sparse patch do not match.</summary>
    PatchInvalid,
    /// <summary>A version in an interchange format is invalid or cannot be represented (docs/guides/interchange.md).</summary>
    VersionInvalid,
    /// <summary>The parent version of a delta in an interchange format is missing.</summary>
    VersionNotFound,
    /// <summary>A pickle is damaged or malicious.</summary>
    PickleInvalid,
    /// <summary>A pickle contains something other than tensors and containers. No part was executed (docs/guides/pytorch.md).</summary>
    PickleRefused,
    /// <summary>A PyTorch file is damaged or malformed.</summary>
    TorchFileInvalid,

    /// <summary>The file is not a safetensors file, but for example a Git LFS pointer or an archive.</summary>
    NotSafetensors,
    /// <summary>The safetensors header is longer than allowed or than the file.</summary>
    HeaderTooLarge,
    /// <summary>The file is too short for the header that it announces.</summary>
    HeaderTruncated,
    /// <summary>The safetensors header does not start with <c>{</c>.</summary>
    HeaderInvalidStart,
    /// <summary>The safetensors header is not valid JSON of the expected structure.</summary>
    HeaderInvalidJson,
    /// <summary>A key appears twice in the safetensors header.</summary>
    HeaderDuplicateKey,
    /// <summary><c>__metadata__</c> is not a map from string to string.</summary>
    HeaderInvalidMetadata,
    /// <summary>The format does not define the dtype.</summary>
    HeaderUnknownDtype,
    /// <summary>A shape's product overflows, or a dimension is negative.</summary>
    HeaderInvalidShape,
    /// <summary>Offsets overlap, leave a gap, are reversed, or do not match the shape.</summary>
    HeaderInvalidOffsets,
    /// <summary>The data is shorter or longer than the header's offsets require.</summary>
    HeaderDataMismatch,
    /// <summary>The elements of a packed dtype do not fill whole bytes.</summary>
    HeaderMisaligned,
    /// <summary>A sharded model's index does not match its files, or a shard is missing.</summary>
    ShardIndexInvalid,
    /// <summary>A folder contains several models, and the default choice is not among them.</summary>
    ModelAmbiguous,

    /// <summary>The bytes are not a frame, or the frame's version is unknown.</summary>
    FrameInvalid,
    /// <summary>A frame declares impossible sizes.</summary>
    FrameTooLarge,
    /// <summary>A frame's checksum or content is wrong.</summary>
    CorruptFrame,
    /// <summary>A base's bytes differ from the stored digest.</summary>
    CorruptBase,
    /// <summary>A stored checkpoint's frames are damaged.</summary>
    CorruptCheckpoint,
    /// <summary>The database contradicts itself.</summary>
    CorruptStore,

    /// <summary>The target folder contains something else, or is in use.</summary>
    FolderTaken,
    /// <summary>Another backup into the folder is in progress.</summary>
    BackupBusy,
    /// <summary>The data folder is an unfinished backup, copy or repair.</summary>
    StoreIncomplete,
    /// <summary>The store is read-only: the user has no write permission, or the file system is mounted read-only.</summary>
    StoreReadOnly,
    /// <summary>The data folder was written by a newer version.</summary>
    StoreTooNew,
    /// <summary>The data folder or the disk cannot be written.</summary>
    StorageUnavailable,
    /// <summary>The server cannot be reached, or its response was unexpected.</summary>
    ServerUnavailable,
    /// <summary>While the checkpoint was read, it was deleted and its step saved with other content.</summary>
    CheckpointChanged,
    /// <summary>The server's certificate is not trusted.</summary>
    CertificateUntrusted,
    /// <summary>Another program listens on the server's address.</summary>
    AddressInUse,
}
