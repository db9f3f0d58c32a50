package image

import "context"

// planBase finds out which layers are those of the base image.
func (r *run) planBase(ctx context.Context) error { return nil }

// baseLayers says how many of an image's layers are those of its base.
func (p *planner) baseLayers(pic *picture, blobs []blob) int { return 0 }
