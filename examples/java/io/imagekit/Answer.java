package io.imagekit;

/**
 * What came of a call that succeeded.
 *
 * @param body the server's own JSON
 * @param metadata httpStatus, requestId, headers and more, as ik_call_get_metadata() in imagekit.h
 *     lists them
 */
public record Answer(Json body, Json metadata) {}
